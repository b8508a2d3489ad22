"""Transitions of a job, each a compare-and-set UPDATE that counts rows: who loses the race changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from feedback.errors import Conflict
from training.models import Job, JobState

HEARTBEAT_SECONDS = 2.0
LOST_AFTER = timedelta(seconds=30)
MOST_ATTEMPTS = 3


class LostClaim(Exception):
    """The job was given to another attempt; this one must end without writing."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a heartbeat learns: whether the claim still holds, and whether the owner wants an end."""

    alive: bool
    cancel: bool


def claim_next(queue: str, worker: str, only: int | None = None) -> Job | None:
    """Take the oldest queued job of the queue (or that job only), or None; never one that another took."""
    with transaction.atomic():
        job = (
            Job.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(queue=queue, state=JobState.QUEUED, **({"pk": only} if only else {}))
            .order_by("id")
            .first()
        )
        if job is None:
            return None
        now = timezone.now()
        job.state = JobState.RUNNING
        job.claim = uuid.uuid4().hex
        job.worker = worker
        job.attempts += 1
        job.heartbeat_at = now
        job.started_at = job.started_at or now
        job.error = {}
        job.save()
    return job


def beat(job: Job) -> Pulse:
    """Say that the attempt is alive."""
    held = _held(job).update(heartbeat_at=timezone.now())
    row = Job.objects.filter(pk=job.pk).values_list("cancel_requested_at", flat=True).first()
    return Pulse(alive=held == 1, cancel=row is not None)


def note_progress(job: Job, done: int, total: int, message: str) -> None:
    """Store progress; raises LostClaim."""
    _write(job, done=done, total=total, message=message)


def finish(job: Job, result: Mapping[str, Any]) -> None:
    """running -> done; raises LostClaim."""
    _end(job, JobState.DONE, result=dict(result))


def fail(job: Job, error: Mapping[str, Any]) -> None:
    """running -> failed, with the error as its owner will read it; raises LostClaim."""
    _end(job, JobState.FAILED, error=dict(error))


def end_cancelled(job: Job) -> None:
    """running -> cancelled, once the work has stopped; raises LostClaim."""
    _end(job, JobState.CANCELLED)


def hand_back(job: Job, *, spent: bool) -> None:
    """running -> queued: the worker ends, or its child died. A spent attempt counts towards the most.

    After the last attempt the job fails instead. Raises LostClaim.
    """
    if spent and job.attempts >= MOST_ATTEMPTS:
        fail(job, died_error(job.attempts))
        return
    _write(
        job,
        state=JobState.QUEUED,
        claim="",
        attempts=job.attempts if spent else max(0, job.attempts - 1),
    )


def sweep_lost(now: datetime | None = None) -> list[int]:
    """running -> queued (or failed after the last attempt) where the heartbeat stopped; returns ids."""
    now = now or timezone.now()
    lost = Job.objects.filter(state=JobState.RUNNING, heartbeat_at__lt=now - LOST_AFTER)
    swept = []
    for job in lost:
        try:
            if job.cancel_requested_at is not None:
                end_cancelled(job)
            else:
                hand_back(job, spent=True)
        except LostClaim:
            continue
        swept.append(job.pk)
    return swept


def request_cancel(job: Job) -> None:
    """queued -> cancelled at once; a running job is asked to stop. Raises Conflict `job_over`."""
    now = timezone.now()
    waiting = Job.objects.filter(pk=job.pk, state=JobState.QUEUED)
    if waiting.update(state=JobState.CANCELLED, finished_at=now, cancel_requested_at=now):
        return
    running = Job.objects.filter(pk=job.pk, state=JobState.RUNNING)
    if not running.update(cancel_requested_at=now):
        raise Conflict("The job is over, so it cannot be cancelled.", code="job_over")


def resume(job: Job) -> None:
    """failed | cancelled -> queued, with its attempts back. Raises Conflict `job_not_resumable`."""
    ended = Job.objects.filter(pk=job.pk, state__in=(JobState.FAILED, JobState.CANCELLED))
    changed = ended.update(
        state=JobState.QUEUED,
        attempts=0,
        claim="",
        cancel_requested_at=None,
        finished_at=None,
        error={},
    )
    if not changed:
        raise Conflict(
            "Only a failed or cancelled job can be resumed.",
            code="job_not_resumable",
            hint="Start a new job instead.",
        )


def died_error(attempts: int) -> dict[str, Any]:
    """The error of a job whose process was killed again and again."""
    return {
        "code": "worker_died",
        "message": f"The process that did the work died without a word, {attempts} times.",
        "hint": "Out of memory is the usual cause: lower the batch size or the length, then resume.",
        "details": [],
    }


def _held(job: Job) -> Any:
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, claim=job.claim)


def _write(job: Job, **fields: Any) -> None:
    if _held(job).update(**fields, heartbeat_at=timezone.now()) != 1:
        raise LostClaim
    for name, value in fields.items():
        setattr(job, name, value)


def _end(job: Job, state: JobState, **fields: Any) -> None:
    done = {"done": F("total")} if state == JobState.DONE else {}
    now = timezone.now()
    if _held(job).update(state=state, finished_at=now, claim="", **done, **fields) != 1:
        raise LostClaim
