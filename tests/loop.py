"""A project with judged pairs and a toy policy to train from: what tests of whole jobs start with."""

from __future__ import annotations

from feedback.models import Project, Source, User
from feedback.services import (
    NewCompletion,
    NewItem,
    NewSubmission,
    add_items,
    annotator_for,
    submit_judgments,
)
from training.models import Checkpoint, Job, Policy, Snapshot
from training.registry import ensure_base_policy
from training.services import run_here, start_snapshot, start_training


def judged_project(project: Project, pairs: int = 60) -> Project:
    """Pairs of which the polite one is preferred, closed to people."""
    news = [
        NewItem(
            messages=[{"role": "user", "content": f"What about number {n}?"}],
            completions=[
                NewCompletion(f"Of course! Number {n} is fine.", {"label": "polite"}),
                NewCompletion(f"No idea. Number {n} is fine.", {"label": "curt"}),
            ][:: 1 if n % 2 else -1],
            kinds=["pairwise"],
        )
        for n in range(pairs)
    ]
    annotator = annotator_for(project, Source.IMPORT, "votes")
    submissions = [
        NewSubmission(
            item_id=outcome.item.pk,
            annotator=annotator,
            answers={"pairwise": {"choice": "first" if n % 2 else "second", "strength": 1 + n % 3}},
            key=f"vote-{n}",
        )
        for n, outcome in enumerate(add_items(project, news, closed=True))
        if outcome.item is not None
    ]
    assert {outcome.status for outcome in submit_judgments(submissions)} == {"created"}
    return project


def frozen(project: Project, owner: User) -> Snapshot:
    """The project's evidence, a fifth of the prompts held out."""
    job = run_here(start_snapshot(project, owner, {"held_out": 0.2}))
    assert job.state == "done", job.error
    return Snapshot.objects.get(pk=job.result["snapshot"])


def queue_training(snapshot: Snapshot, owner: User, toy: str, recipe: str, **config: object) -> Job:
    """A training that saves every few steps, queued."""
    base: Policy = ensure_base_policy(toy, snapshot.project)
    return start_training(
        owner,
        snapshot,
        recipe=recipe,
        base=base,
        config={"batch_size": 4, "save_steps": 5, "seed": 3, **config},
    )


def checkpoint_of(job: Job) -> Checkpoint:
    """What the job made."""
    job.refresh_from_db()
    assert job.state == "done", job.error
    return Checkpoint.objects.get(job=job)
