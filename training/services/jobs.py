"""Jobs: queued, run by whichever worker claims them, cancelled, resumed, swept."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from feedback.errors import TouchstoneError
from feedback.models import Project, User
from training.jobs import engine
from training.jobs.child import ChildDied
from training.jobs.context import JobContext
from training.models import Job, JobState
from training.operations import get_operation
from training.operations.base import Outcome
from training.progress import LOG, Stopped

logger = logging.getLogger(__name__)

WAIT_SECONDS = 0.5


def queue_job(
    operation: str,
    params: Mapping[str, Any],
    *,
    project: Project | None,
    owner: User | None,
    title: str = "",
) -> Job:
    """Store a job for the workers; raises InvalidInput for what its operation cannot take."""
    known = get_operation(operation)
    parsed = known.parse(params)
    return Job.objects.create(
        operation=operation,
        params=parsed.model_dump(mode="json"),
        queue=known.queue,
        project=project,
        owner=owner,
        title=title or known.label,
    )


def queue_once(operation: str, *, project: Project, owner: User | None) -> Job:
    """The project's job of an operation without parameters: the one that waits already, if there is one."""
    waiting = project.jobs.filter(operation=operation, state=JobState.QUEUED)
    return waiting.first() or queue_job(operation, {}, project=project, owner=owner)


def cancel_job(job: Job) -> None:
    """Stop the job within seconds; what it saved stays. Raises Conflict `job_over`."""
    engine.request_cancel(job)
    job.refresh_from_db()


def resume_job(job: Job) -> None:
    """Queue a failed or cancelled job again, to go on where it saved. Raises Conflict."""
    engine.resume(job)
    job.refresh_from_db()


def sweep_jobs() -> list[str]:
    """Queue jobs again whose worker died; returns the queues on which jobs wait."""
    for pk in engine.sweep_lost():
        logger.warning("job %s lost its worker", pk)
    waiting = Job.objects.filter(state="queued").order_by("queue")
    return list(waiting.values_list("queue", flat=True).distinct())


def run_next(queue: str, worker: str) -> Job | None:
    """Claim and run the oldest job of the queue; returns it, or None when none waits."""
    job = engine.claim_next(queue, worker)
    return None if job is None else _work_on(job)


def run_here(job: Job, worker: str = "this process") -> Job:
    """Run the job now in this process, for commands; if a worker took it meanwhile, wait for that one."""
    while not job.is_over:
        claimed = engine.claim_next(job.queue, worker, only=job.pk)
        if claimed is not None:
            _work_on(claimed)
        else:
            time.sleep(WAIT_SECONDS)
        job.refresh_from_db()
    return job


def _work_on(job: Job) -> Job:
    with JobContext(job, run_directory(job)) as context:
        try:
            _run(context)
        except engine.LostClaim:
            logger.warning("job %s went to another attempt", job.pk)
    job.refresh_from_db()
    logger.info("job %s: %s", job.pk, job.state)
    return job


def run_directory(job: Job) -> Path:
    """The job's local directory; it explains itself and is kept when the job fails."""
    return Path(settings.DATA_DIR) / "runs" / str(job.pk)


def _run(context: JobContext) -> None:
    job = context.job
    _log(context, f"attempt {job.attempts} on {job.worker}")
    try:
        operation = get_operation(job.operation)
        outcome = operation.run(context, operation.parse(job.params))
        _finish(job, outcome)
        _log(context, "done")
    except Stopped:
        _log(context, "cancelled" if context.cancelled else "the worker ends: back to the queue")
        if context.cancelled:
            engine.end_cancelled(job)
        else:
            engine.hand_back(job, spent=False)
    except ChildDied as died:
        _log(context, f"{died} Back to the queue.")
        engine.hand_back(job, spent=True)
    except TouchstoneError as error:
        _log(context, f"{error.code}: {error.message}")
        engine.fail(job, error.as_json())
    except engine.LostClaim:
        raise
    except Exception as error:  # noqa: BLE001 whatever it was, its owner reads it on the job
        _log(context, traceback.format_exc())
        engine.fail(job, _crash(error))


@transaction.atomic
def _finish(job: Job, outcome: Outcome) -> None:
    for following in outcome.follow:
        if get_operation(following.operation).once and job.project is not None:
            queue_once(following.operation, project=job.project, owner=job.owner)
            continue
        queue_job(
            following.operation,
            following.params,
            project=job.project,
            owner=job.owner,
            title=following.title,
        )
    engine.finish(job, outcome.result)


def _crash(error: Exception) -> dict[str, Any]:
    return {
        "code": "crashed",
        "message": f"{type(error).__name__}: {error}",
        "hint": "The whole story is in the job's log. Resume the job once the cause is mended.",
        "details": [],
    }


def _log(context: JobContext, text: str) -> None:
    with (context.directory / LOG).open("a", encoding="utf-8") as log:
        log.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {text.rstrip()}\n")
