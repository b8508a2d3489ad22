"""Models that a training uses besides its base: chosen by a service, a page or a program, and checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from feedback.errors import TouchstoneError
from feedback.models import Project, User
from tests.cast import ApiOf, ClientOf, freeze, judge, model_files, new_checkpoint, new_item
from training.companions import choose_models, model_source, model_warnings
from training.forms import CompanionsForm
from training.models import Checkpoint, Job, Policy, Snapshot
from training.recipes import RECIPES
from training.recipes.base import ModelNeed
from training.services import start_series, start_training

GRADER = ModelNeed("Grader", ("reward_model", "rule"), "It grades.")
WRITER = ModelNeed("Writer", ("policy",), "It writes.", required=False)
NEAR = ModelNeed("Near", ("policy",), "Its weights are read.", required=False, local=True)
NEEDS = {"grader": GRADER, "writer": WRITER, "near": NEAR}


@pytest.fixture
def snapshot(project: Project, owner: User) -> Snapshot:
    for number in range(12):
        new_item(project, f"Question {number}?")
        judge(project, owner)
    return freeze(project, owner)


@pytest.fixture
def checkpoints(snapshot: Snapshot, owner: User) -> dict[str, Checkpoint]:
    """One of a policy, and one of a reward model."""
    policy = new_checkpoint(snapshot, owner)
    policy.job.params = {"recipe": "dpo"}
    policy.job.save()
    job = Job.objects.create(project=snapshot.project, operation="train_model", state="done")
    reward = Checkpoint.objects.create(
        project=snapshot.project,
        job=job,
        snapshot=snapshot,
        base=policy.base,
        name="taste",
        recipe="reward_model",
        produces="reward_model",
        config={},
        artefact="checkpoints/none",
    )
    return {"policy": policy, "reward": reward}


@pytest.fixture
def base(project: Project, tmp_path: Path) -> Policy:
    return Policy.objects.create(project=project, name="tiny", location=model_files(tmp_path))


def test_what_fits_is_kept_as_plain_data(
    project: Project, checkpoints: dict[str, Checkpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trained policy's checkpoint stands for the policy; a key is named, never written."""
    monkeypatch.setenv("POLICY_KEY_FAR", "a-secret")
    settings = {"model": "m", "api_key_env": "POLICY_KEY_FAR"}
    far = Policy.objects.create(
        project=project, name="far", kind="openai", location="http://far", settings=settings
    )
    models = {"grader": {"checkpoint": checkpoints["reward"].pk}, "writer": {"policy": far.pk}}
    assert choose_models(project, NEEDS, models) == models
    source = model_source(models["writer"])
    assert source == {"kind": "openai", "url": "http://far", **settings}
    assert "a-secret" not in json.dumps(source)
    rule = {"rule": {"name": "length", "high": 30}}
    chosen = choose_models(project, NEEDS, {"grader": rule})
    assert chosen == {"grader": {"rule": {"name": "length", "low": 0, "high": 30}}}
    assert model_source(chosen["grader"]) == {"kind": "rule", **chosen["grader"]}
    made = {"grader": rule, "writer": {"checkpoint": checkpoints["policy"].pk}}
    policy = {"policy": checkpoints["policy"].policy_id}
    assert choose_models(project, NEEDS, made)["writer"] == policy


@pytest.mark.parametrize(
    ("models", "code", "where"),
    [
        ({}, "model_needed", "models.grader"),
        ({"grader": {"policy": "made"}}, "wrong_model", "models.grader"),
        ({"grader": {"checkpoint": "policy"}}, "wrong_model", "models.grader"),
        ({"writer": {"checkpoint": "reward"}}, "wrong_model", "models.writer"),
        ({"writer": {"rule": {"name": "json"}}}, "wrong_model", "models.writer"),
        ({"grader": {"rule": {"name": "taste"}}}, "invalid_rule", ""),
        ({"grader": {"checkpoint": 10**9}}, "unknown_checkpoint", ""),
        ({"writer": {"policy": 10**9}}, "unknown_policy", ""),
        ({"near": {"policy": "far"}}, "policy_not_local", ""),
        ({"grader": {}}, "invalid_model", "models.grader"),
        ({"grader": {"checkpoint": None}}, "invalid_model", "models.grader"),
        ({"grader": {"checkpoint": True}}, "invalid_model", "checkpoint"),
        ({"grader": {"checkpoint": 1, "policy": 2}}, "invalid_model", "models.grader"),
        ({"grader": {"path": "/etc"}}, "invalid_model", "path"),
        ({"grader": 7}, "invalid_model", "models.grader"),
        ({"muse": {"policy": 1}}, "unknown_model_need", "models.muse"),
    ],
)
def test_what_does_not_fit_says_why(
    models: dict[str, Any],
    code: str,
    where: str,
    project: Project,
    checkpoints: dict[str, Checkpoint],
) -> None:
    far = Policy.objects.create(project=project, name="far", kind="openai", location="http://far")
    known = {
        "made": checkpoints["policy"].policy_id,
        "policy": checkpoints["policy"].pk,
        "reward": checkpoints["reward"].pk,
        "far": far.pk,
    }
    if models and "grader" not in models:
        models = {"grader": {"rule": {"name": "json"}}, **models}
    sent = {
        name: {k: known.get(v, v) if isinstance(v, str) else v for k, v in choice.items()}
        if isinstance(choice, dict)
        else choice
        for name, choice in models.items()
    }
    with pytest.raises(TouchstoneError) as caught:
        choose_models(project, NEEDS, sent)
    assert caught.value.code == code
    if where:
        assert caught.value.details[0]["where"] == where


def test_another_projects_models_are_not_here(
    thumbs_project: Project, checkpoints: dict[str, Checkpoint]
) -> None:
    for choice in (
        {"checkpoint": checkpoints["reward"].pk},
        {"policy": checkpoints["policy"].policy_id},
    ):
        with pytest.raises(TouchstoneError) as caught:
            choose_models(
                thumbs_project, {"any": ModelNeed("Any", ("policy",), "")}, {"any": choice}
            )
        assert caught.value.code in ("unknown_checkpoint", "unknown_policy")


def test_a_reward_model_is_no_base_of_a_policy(
    snapshot: Snapshot, owner: User, base: Policy
) -> None:
    kinds = ["LlamaForSequenceClassification"]
    config = json.dumps({"model_type": "llama", "architectures": kinds})
    (Path(base.location) / "config.json").write_text(config)
    with pytest.raises(TouchstoneError) as caught:
        start_training(owner, snapshot, recipe="dpo", base=base, config={})
    assert caught.value.code == "wrong_model"
    assert start_training(owner, snapshot, recipe="reward_model", base=base, config={})


def test_a_reward_model_that_passes_for_a_policy_is_not_chosen(
    project: Project, base: Policy
) -> None:
    (Path(base.location) / "config.json").write_text(
        json.dumps({"model_type": "llama", "architectures": ["LlamaForSequenceClassification"]})
    )
    for models in ({"writer": {"policy": base.pk}}, {"grader": {"policy": base.pk}}):
        with pytest.raises(TouchstoneError) as caught:
            choose_models(project, NEEDS, {"grader": {"rule": {"name": "json"}}, **models})
        assert caught.value.code == "wrong_model"


def test_the_same_result_as_no_demonstration_is_warned_of(
    snapshot: Snapshot, owner: User, client_of: ClientOf
) -> None:
    models = {"grader": {"rule": {"name": "exact"}}}
    [said] = model_warnings({}, models)
    assert "no demonstrations" in said
    assert model_warnings({"demonstration_train": 9}, models) == []
    assert model_warnings({}, {"grader": {"rule": {"name": "json"}}}) == []
    url = reverse("train", args=[snapshot.project.slug, snapshot.pk, "grpo"])
    client = client_of(owner)
    form = client.get(url).context["config"]
    config = {
        b.html_name: b.initial for b in form if not (b.initial is False or b.initial in (None, ""))
    }
    page = client.post(url, {**config, "models-grader": "rule:exact"})
    assert said in page.context["warnings"]


def test_without_labels_there_is_nothing_to_shuffle(
    snapshot: Snapshot, owner: User, base: Policy, client_of: ClientOf
) -> None:
    """The form does not offer it, and a program is told."""
    models = {"grader": {"rule": {"name": "json"}}}
    with pytest.raises(TouchstoneError) as caught:
        start_series(
            owner, snapshot, recipe="grpo", base=base, config={}, models=models, shuffled=True
        )
    assert caught.value.code == "invalid_series"
    pages = [
        client_of(owner).get(reverse("train", args=[snapshot.project.slug, snapshot.pk, name]))
        for name in ("grpo", "rules", "dpo")
    ]
    assert ["series-shuffled" in page.content.decode() for page in pages] == [False, False, True]


def form_of(project: Project, **data: str) -> CompanionsForm:
    sent = {f"models-{name}": value for name, value in data.items()}
    return CompanionsForm(sent or None, project=project, needs=NEEDS)


def test_the_form_offers_what_is_asked_for(
    project: Project, checkpoints: dict[str, Checkpoint]
) -> None:
    page = str(form_of(project))
    reward, policy = checkpoints["reward"], checkpoints["policy"]
    grader, writer = page.split('name="models-writer"')
    assert f'value="checkpoint:{reward.pk}"' in grader
    assert 'value="rule:length"' in grader
    assert f'value="policy:{policy.policy_id}"' not in grader
    assert f'value="policy:{policy.policy_id}"' in writer
    sent = {"grader": f"checkpoint:{reward.pk}", "writer": ""}
    form = form_of(project, **sent)
    assert form.is_valid(), form.errors
    assert form.payload() == {"grader": {"checkpoint": reward.pk}}


def test_a_rule_is_written_beside_its_select(project: Project) -> None:
    form = form_of(project, grader="rule:length", grader_rule="20-80")
    assert form.is_valid(), form.errors
    assert form.payload() == {"grader": {"rule": {"name": "length", "low": 20, "high": 80}}}
    for data in ({"grader": "rule:pattern", "grader_rule": "("}, {"grader": "rule:pattern"}):
        wrong = form_of(project, **data)
        assert not wrong.is_valid()
        assert set(wrong.errors) == {"grader_rule"}
    assert set(form_of(project, grader_rule="3").errors) == {"grader"}


@pytest.fixture
def model_page(
    snapshot: Snapshot, owner: User, client_of: ClientOf, base: Policy
) -> dict[str, Any]:
    """The form of best of n as a browser sends it, its warnings read."""
    url = reverse("train", args=[snapshot.project.slug, snapshot.pk, "best_of_n"])
    client = client_of(owner)
    shown = client.get(url)
    config = RECIPES["best_of_n"].config_model().model_dump(mode="json")
    fields = {
        f"config-{name}": value
        for name, value in config.items()
        if value not in (None, "") and value is not False
    }
    sent = {**fields, "policy": str(base.pk), "warned": shown.context["warnings"]}
    return {"client": client, "url": url, "sent": sent, "page": shown.content.decode()}


def test_a_page_asks_for_the_models_and_shows_them_on_the_job(
    model_page: dict[str, Any], checkpoints: dict[str, Checkpoint]
) -> None:
    client, url, sent = model_page["client"], model_page["url"], model_page["sent"]
    assert "What it uses besides" in model_page["page"]
    none = client.post(url, sent)
    assert none.status_code == 400
    assert "id_models-grader_error" in none.content.decode()
    grader = {"models-grader": f"checkpoint:{checkpoints['reward'].pk}"}
    made = client.post(url, {**sent, **grader})
    assert made.status_code == 302, made.context["models"].errors
    job = Job.objects.get(operation="train_model", params__recipe="best_of_n")
    assert job.params["models"] == {"grader": {"checkpoint": checkpoints["reward"].pk}}
    assert "taste" in client.get(made["Location"]).content.decode()


def test_a_program_names_the_models(
    snapshot: Snapshot, owner: User, api_of: ApiOf, base: Policy, checkpoints: dict[str, Checkpoint]
) -> None:
    api, address = api_of(owner), f"/api/v1/snapshots/{snapshot.pk}/train/"
    body = {"recipe": "best_of_n", "base": base.pk}
    refused = api.post(address, {**body, "models": {"grader": {"policy": 10**9}}})
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "unknown_policy")
    assert api.post(address, body).json()["error"]["code"] == "model_needed"
    assert api.post(address, {**body, "models": []}).status_code == 400
    models = {"grader": {"rule": {"name": "length", "low": 1, "high": 9}}}
    assert api.post(address, {**body, "models": models}).json()["params"]["models"] == models
    catalogue = {r["name"]: r for r in api.get("/api/v1/recipes/").json()["results"]}
    [need] = catalogue["best_of_n"]["needs"]
    assert (need["name"], need["required"]) == ("grader", True)
    assert need["kinds"] == ["reward_model", "policy", "rule"]
    assert catalogue["best_of_n"]["group"] == "samples"
    shown = api.get(f"/api/v1/checkpoints/{checkpoints['policy'].pk}/").json()
    assert shown["models"] == {}
