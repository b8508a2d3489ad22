"""A training with several seeds and on shuffled labels: queued together, shown side by side."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from feedback.errors import InvalidInput
from feedback.models import Project, User
from tests.cast import ClientOf
from tests.loop import frozen, judged_project
from training.artefacts import tree_exists
from training.models import Checkpoint, Job, JobState
from training.registry import ensure_base_policy
from training.services import run_here, start_series
from training.views.outcomes import outcome_of

pytestmark = pytest.mark.django_db(transaction=True)

FROZEN = {"head": "frozen", "embedder": "tfidf", "seed": 3}


def share(value: float) -> dict[str, Any]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 10, "prompts": 5}


def test_a_series_is_queued_and_its_control_makes_no_checkpoint(
    project: Project, owner: User, toy: str
) -> None:
    snapshot = frozen(judged_project(project, 40), owner)
    base = ensure_base_policy(toy, project)
    what: dict[str, Any] = {"recipe": "reward_model", "base": base, "config": FROZEN}
    jobs = start_series(owner, snapshot, **what, seeds=2, shuffled=True)
    told = [(job.params["config"]["seed"], job.params["shuffled"]) for job in jobs]
    assert told == [(3, False), (4, False), (3, True), (4, True)]
    assert len({job.params["series"] for job in jobs}) == 1
    assert jobs[3].title.endswith(", seed 4, shuffled labels")

    control = run_here(jobs[2])
    assert control.state == "done", control.error
    assert "accuracy" in control.result["evaluation"]
    assert "checkpoint" not in control.result
    assert not Checkpoint.objects.exists()
    assert not tree_exists(f"checkpoints/{control.pk}")
    for job, value in ((jobs[0], 0.7), (jobs[1], 0.8)):
        result = {"evaluation": {"accuracy": share(value)}}
        Job.objects.filter(pk=job.pk).update(state=JobState.DONE, result=result)
    series = outcome_of(Job.objects.get(pk=jobs[0].pk)).series
    assert series is not None
    assert [member.shuffled for member in series.members] == [False, False, True, True]
    judged, chance = series.sentences
    assert judged == (
        "As judged: held-out accuracy 75.0 % on average, standard deviation 7.1 % over 2 seeds."
    )
    assert chance.startswith("On shuffled labels: held-out accuracy")


def test_one_training_is_no_series(project: Project, owner: User, toy: str) -> None:
    snapshot = frozen(judged_project(project, 30), owner)
    what: dict[str, Any] = {
        "recipe": "reward_model",
        "base": ensure_base_policy(toy, project),
        "config": FROZEN,
    }
    [job] = start_series(owner, snapshot, **what)
    assert job.params["series"] == ""
    assert outcome_of(job).series is None
    for seeds in (0, 21):
        with pytest.raises(InvalidInput) as error:
            start_series(owner, snapshot, **what, seeds=seeds)
        assert error.value.code == "invalid_series"
    assert Job.objects.filter(operation="train_model").count() == 1


def test_a_series_is_started_in_the_browser_and_by_a_program(
    project: Project, owner: User, client_of: ClientOf, toy: str
) -> None:
    snapshot = frozen(judged_project(project, 30), owner)
    client = client_of(owner)
    url = reverse("train", args=[project.slug, snapshot.pk, "reward_model"])
    warned = client.get(url).context["warnings"]
    form = client.get(url).context["config"]
    config = {
        b.html_name: b.initial for b in form if not (b.initial is False or b.initial in (None, ""))
    }
    fields = {**config, "policy": "other", "location": toy, "warned": warned}
    answer = client.post(url, {**fields, "series-seeds": "3", "series-shuffled": "on"})
    assert answer.status_code == 302, answer.context["series"].errors
    jobs = Job.objects.filter(operation="train_model").order_by("pk")
    assert answer["Location"] == reverse("job", args=[jobs[0].pk])
    assert [job.params["shuffled"] for job in jobs] == [False] * 3 + [True] * 3
    page = client.get(answer["Location"]).content.decode()
    assert "The same with other seeds" in page
    assert page.count(">shuffled<") == 3
    refused = client.post(url, {**fields, "series-seeds": "21"})
    assert refused.status_code == 400
    assert "seeds" in refused.context["series"].errors

    body = {"recipe": "reward_model", "base": toy, "seeds": 2}
    asked = client.post(
        f"/api/v1/snapshots/{snapshot.pk}/train/", body, content_type="application/json"
    )
    assert asked.status_code == 202, asked.content
    assert Job.objects.filter(params__series=asked.json()["params"]["series"]).count() == 2
