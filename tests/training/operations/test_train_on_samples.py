"""Training on samples as a job: a reward model of the project grades, and another machine goes on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from feedback.models import Project, User
from tests.loop import checkpoint_of, frozen, judged_project
from training.artefacts import store_tree, tree_exists
from training.models import Checkpoint, Job, Snapshot
from training.operations import train_model
from training.registry import ensure_base_policy
from training.services import resume_job, run_here, start_training

pytestmark = pytest.mark.django_db(transaction=True)

QUICK = {"rounds": 2, "samples": 2, "max_new_tokens": 8, "learning_rate": 2e-3, "save_steps": 1}


@pytest.fixture
def reward(project: Project, owner: User, toy: str, tmp_path: Path) -> Checkpoint:
    """A reward model with a head that has learnt nothing."""
    from training.sampling.local.scoring import load_classifier

    for part in load_classifier(toy, "cpu", heads=1):
        part.save_pretrained(tmp_path / "reward")
    snapshot = frozen(judged_project(project, 30), owner)
    return Checkpoint.objects.create(
        project=project,
        job=Job.objects.create(project=project, operation="train_model", state="done"),
        snapshot=snapshot,
        base=ensure_base_policy(toy, project),
        name="taste",
        recipe="reward_model",
        produces="reward_model",
        config={},
        artefact=store_tree(tmp_path / "reward", "checkpoints/taste"),
    )


def test_a_run_in_rounds_goes_on_where_another_machine_died(
    reward: Checkpoint, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first machine kept in storage suffices: the first round is not played again."""
    snapshot: Snapshot = reward.snapshot
    models = {"grader": {"checkpoint": reward.pk}}
    job = start_training(
        owner, snapshot, recipe="online_dpo", base=reward.base, config=QUICK, models=models
    )
    keep, kept = train_model._keep, []

    def die_in_the_second_round(context: Any, path: str) -> None:
        keep(context, path)
        kept.append(path)
        if path == "rounds/2/checkpoints/checkpoint-1":
            raise OSError("the machine is gone")

    monkeypatch.setattr(train_model, "_keep", die_in_the_second_round)
    assert run_here(job).state == "failed"
    assert kept[0] == "rounds/1"
    shutil.rmtree(Path(settings.DATA_DIR) / "runs" / str(job.pk))
    before = len(kept)

    def keep_and_note(context: Any, path: str) -> None:
        keep(context, path)
        kept.append(path)

    monkeypatch.setattr(train_model, "_keep", keep_and_note)
    resume_job(job)
    run_here(job)
    made = checkpoint_of(job)
    # None, where the child had saved all of the second round before its end was known here.
    assert all(path.startswith("rounds/2") for path in kept[before:])
    assert {"reward_change", "win_rate"} <= set(made.evaluation)
    assert len(job.result["rounds"]) == 2
    assert made.job.params["models"] == models
    assert not tree_exists(f"runs/{job.pk}/rounds")
    run = json.loads((Path(settings.DATA_DIR) / f"runs/{job.pk}/run.json").read_text())
    assert run["models"]["grader"]["kind"] == "reward_model"
