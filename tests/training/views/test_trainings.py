"""Starting a training in the browser: what fits is queued, what does not is said on its field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from feedback.models import Project, User
from tests.cast import ClientOf, freeze, judge, model_files, new_item
from training.models import Job, Policy, Snapshot
from training.recipes import RECIPES

CONFIG: dict[str, Any] = {
    f"config-{name}": "on" if value is True else str(value)
    for name, value in RECIPES["dpo"].config_model().model_dump(mode="json").items()
    if value is not False and value not in (None, "", [])
}


@pytest.fixture
def snapshot(project: Project, owner: User) -> Snapshot:
    """Enough decided comparisons for every recipe of comparisons."""
    for number in range(30):
        new_item(project, f"Question {number}?")
        judge(project, owner)
    return freeze(project, owner)


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A directory with the files that every model has; nothing loads them before the job runs."""
    return model_files(tmp_path)


def post(client_of: ClientOf, user: User, snapshot: Snapshot, **fields: Any) -> Any:
    """Send the form of DPO, its warnings read."""
    url = reverse("train", args=[snapshot.project.slug, snapshot.pk, "dpo"])
    client = client_of(user)
    sent = {**CONFIG, "policy": "other", "location": "", **fields}
    sent.setdefault("warned", client.get(url).context["warnings"])
    return client.post(url, {k: v for k, v in sent.items() if v != ""})


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_form_shows_every_field(
    recipe: str, snapshot: Snapshot, owner: User, client_of: ClientOf
) -> None:
    """Each field of the recipe's config, with its default."""
    url = reverse("train", args=[snapshot.project.slug, snapshot.pk, recipe])
    page = client_of(owner).get(url).content.decode()
    for name in RECIPES[recipe].config_model.model_fields:
        assert f'name="config-{name}"' in page


def test_a_training_is_queued(
    snapshot: Snapshot, owner: User, client_of: ClientOf, model: str
) -> None:
    """On success the job's page follows; the typed model is a policy of the project now."""
    fields = {"location": model, "config-epochs": "3.5", "config-lora": "on"}
    response = post(client_of, owner, snapshot, **fields)
    job = Job.objects.get(operation="train_model")
    assert response.status_code == 302
    assert response["Location"] == reverse("job", args=[job.pk])
    assert job.params["config"]["epochs"] == 3.5
    assert job.params["config"]["lora"] is True
    assert job.params["config"]["learning_rate"] is None
    assert Policy.objects.get(pk=job.params["base"]).location == model
    assert (job.owner, job.queue, job.state) == (owner, "gpu", "queued")


def test_a_warning_is_read_before_the_training_is_queued(
    snapshot: Snapshot, owner: User, client_of: ClientOf, model: str
) -> None:
    """One that the page did not show comes first; with it shown, the same form is taken."""
    rate = {"location": model, "config-learning_rate": "1e-9"}
    response = post(client_of, owner, snapshot, **rate)
    said = response.context["warnings"]
    assert response.status_code == 200
    assert any("will hardly move" in sentence for sentence in said)
    assert not Job.objects.filter(operation="train_model").exists()
    assert post(client_of, owner, snapshot, **rate, warned=said).status_code == 302


def test_a_policy_of_the_project_can_be_chosen(
    snapshot: Snapshot, owner: User, client_of: ClientOf, model: str
) -> None:
    """No name is typed then."""
    policy = Policy.objects.create(project=snapshot.project, name="mine", location=model)
    assert post(client_of, owner, snapshot, policy=str(policy.pk)).status_code == 302
    assert Job.objects.get(operation="train_model").params["base"] == policy.pk


def test_equal_folder_names_are_different_models(
    snapshot: Snapshot, owner: User, client_of: ClientOf, model: str, tmp_path: Path
) -> None:
    """What is trained is what was typed, however it is called."""
    other = tmp_path / "elsewhere" / Path(model).name
    other.mkdir(parents=True)
    model_files(other)
    for location in (model, str(other), model):
        assert post(client_of, owner, snapshot, location=location).status_code == 302
    bases = [job.params["base"] for job in Job.objects.filter(operation="train_model")]
    assert [Policy.objects.get(pk=pk).location for pk in bases] == [model, str(other), model]
    assert Policy.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"config-beta": "11"}, "config-beta", "at most 10"),
        ({"config-learning_rate": "0"}, "config-learning_rate", "above 0"),
        ({"config-epochs": "many"}, "config-epochs", "Enter a number"),
        ({"config-epochs": ""}, "config-epochs", "This field is required"),
        ({"location": "/no/such/place"}, "location", "base_model_not_found"),
        ({"location": ""}, "location", "Name the model"),
    ],
)
def test_what_does_not_fit_is_said_on_its_field(
    fields: dict[str, str],
    field: str,
    message: str,
    snapshot: Snapshot,
    owner: User,
    client_of: ClientOf,
    model: str,
) -> None:
    """Nothing is queued, no policy is left behind, and everything typed is still there."""
    sent = {"location": model, "config-seed": "4242", **fields}
    response = post(client_of, owner, snapshot, **sent)
    page = response.content.decode()
    assert response.status_code == 400
    error = page.split(f'id="id_{field}_error"')[1].split("</div>")[0]
    assert message in error
    assert 'value="4242"' in page
    assert sent["location"] in page
    assert not Job.objects.filter(operation="train_model").exists()
    assert not Policy.objects.exists()


def test_too_little_evidence_is_said(
    thumbs_project: Project, owner: User, client_of: ClientOf, model: str
) -> None:
    """The page says in words what the recipe lacks, with the code."""
    new_item(thumbs_project, texts=("Four.",))
    judge(thumbs_project, owner)
    snapshot = freeze(thumbs_project, owner)
    response = post(client_of, owner, snapshot, location=model)
    page = response.content.decode()
    assert response.status_code == 400
    assert "8 decided comparisons, amounts or revised answers to train on are needed" in page
    assert "too_little_evidence" in page


def test_an_unknown_recipe_is_refused(snapshot: Snapshot, owner: User, client_of: ClientOf) -> None:
    """With its code."""
    url = reverse("train", args=[snapshot.project.slug, snapshot.pk, "alchemy"])
    response = client_of(owner).get(url)
    assert response.status_code == 400
    assert b"unknown_recipe" in response.content
