"""The project page: how far the project is on both sides, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from feedback.exports import EXPORTS
from feedback.kinds import get_kind
from feedback.models import Project
from feedback.permissions import Ability, abilities
from feedback.selectors import Progress, get_project
from feedback.services import known_progress
from feedback.views.requests import MemberRequest
from training import selectors
from training.models import Checkpoint, Job, JobState, Snapshot
from training.views.checkpoints import duel_url, headline
from training.views.jobs import elapsed_now

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Step:
    """What is best done next, and where."""

    text: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides the next step."""

    project: Project
    may: frozenset[Ability]
    progress: Progress
    snapshot: Snapshot | None
    checkpoint: Checkpoint | None
    running: Job | None


@login_required
@require_safe
def project(request: MemberRequest, slug: str) -> HttpResponse:
    """The page; annotators see their own part of it only."""
    found = get_project(request.user, slug, Ability.JUDGE)
    may = abilities(request.user, found)
    progress = known_progress(found)
    context: dict[str, Any] = {"project": found, "may": may, "progress": progress}
    context["judgments"] = [(get_kind(k).label, n) for k, n in progress.judgments.items()]
    snapshot = checkpoint = running = None
    if Ability.VIEW in may:
        context |= _training(found)
        snapshot = next(iter(context["snapshots"]), None)
        policies = selectors.checkpoints_of(found).exclude(policy=None)
        checkpoint = policies.first() or selectors.checkpoints_of(found).first()
        running = found.jobs.filter(state__in=(JobState.QUEUED, JobState.RUNNING)).first()
    context["snapshot"] = snapshot
    context["step"] = next_step(Standing(found, may, progress, snapshot, checkpoint, running))
    return render(request, "dashboard/project.html", context)


def _training(project: Project) -> dict[str, Any]:
    """Snapshots, checkpoints and jobs as the page lists them, the newest of each."""
    checkpoints = selectors.checkpoints_of(project)[:SHOWN]
    jobs = project.jobs.select_related("owner")[:SHOWN]
    return {
        "snapshots": Snapshot.objects.filter(project=project)[:SHOWN],
        "checkpoints": [(c, headline(c), duel_url(c)) for c in checkpoints],
        "jobs": [(job, elapsed_now(job)) for job in jobs],
        "exports": EXPORTS.values(),
    }


def next_step(now: Standing) -> Step | None:
    """The one thing that moves the project on, of those that this member may do."""
    if Ability.TRAIN in now.may:
        return _content_step(now) or _training_step(now)
    if now.progress.places:
        return _judge_step(now)
    return _sampling_step(now) if Ability.SAMPLE in now.may else None


def _content_step(now: Standing) -> Step | None:
    """While there is nothing to train on yet."""
    if not now.progress.items and now.checkpoint is None:
        return Step(
            "Nothing is here to judge yet. Bring prompts and answers in from a file, or sample some.",
            "Import",
            reverse("import", args=[now.project.slug]),
        )
    if not now.progress.judgments and now.snapshot is None:
        return _judge_step(now)
    return None


def _training_step(now: Standing) -> Step:
    slug = now.project.slug
    if now.running is not None:
        return Step(
            f"“{now.running.title}” is {now.running.get_state_display().lower()}. Watch it live.",
            "Watch",
            reverse("job", args=[now.running.pk]),
        )
    if now.snapshot is None:
        text = "There are judgments. Freeze them to a snapshot, and train on it."
        return Step(text, "Freeze", reverse("snapshots", args=[slug]))
    if now.checkpoint is None or now.checkpoint.policy_id is None:
        return _train_or_judge(now, now.snapshot)
    return _sampling_step(now) or _judge_step(now)


def _train_or_judge(now: Standing, snapshot: Snapshot) -> Step:
    if all(offer.missing for offer in selectors.offered_recipes(snapshot)):
        return Step(
            "The newest snapshot has too little evidence to train on. Judge more items.",
            "Judge",
            reverse("judge", args=[now.project.slug]),
        )
    what = "a policy on it too" if now.checkpoint else "a model on it"
    url = reverse("snapshot", args=[now.project.slug, snapshot.pk])
    return Step(f"A snapshot is ready. Train {what}.", "Train", url)


def _sampling_step(now: Standing) -> Step | None:
    if now.checkpoint is None or not duel_url(now.checkpoint):
        return None
    return Step(
        f"{now.checkpoint.name} is ready. Sample it against its parent, and judge the samples blind.",
        "Sample",
        duel_url(now.checkpoint),
    )


def _judge_step(now: Standing) -> Step:
    free = now.progress.places
    text = f"{free} judgments are wanted." if free != 1 else "1 judgment is wanted."
    return Step(text, "Judge", reverse("judge", args=[now.project.slug]))
