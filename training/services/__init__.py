"""Writes: jobs are queued, run, cancelled and resumed here; samples are asked for and judged here."""

from __future__ import annotations

from training.services.jobs import (
    cancel_job,
    queue_job,
    resume_job,
    run_directory,
    run_here,
    run_next,
    sweep_jobs,
)
from training.services.ordering import order_what_is_due, save_queue, start_ordering
from training.services.policies import add_policy, archive_policy
from training.services.sampling import (
    NewSampling,
    judge_blind,
    request_sampling,
    stop_sampling,
)
from training.services.starts import (
    MOST_SEEDS,
    start_erasure,
    start_import,
    start_quality_report,
    start_revisions,
    start_sampling,
    start_scoring,
    start_series,
    start_snapshot,
    start_training,
)

__all__ = [
    "MOST_SEEDS",
    "NewSampling",
    "add_policy",
    "archive_policy",
    "cancel_job",
    "judge_blind",
    "order_what_is_due",
    "queue_job",
    "request_sampling",
    "resume_job",
    "run_directory",
    "run_here",
    "run_next",
    "save_queue",
    "start_erasure",
    "start_import",
    "start_ordering",
    "start_quality_report",
    "start_revisions",
    "start_sampling",
    "start_scoring",
    "start_series",
    "start_snapshot",
    "start_training",
    "stop_sampling",
    "sweep_jobs",
]
