"""The tables of training."""

from __future__ import annotations

from training.models.checkpoint import Checkpoint
from training.models.job import Job, JobState, Metric, Queue
from training.models.policy import Generation, Policy, PolicyKind
from training.models.snapshot import Snapshot

__all__ = [
    "Checkpoint",
    "Generation",
    "Job",
    "JobState",
    "Metric",
    "Policy",
    "PolicyKind",
    "Queue",
    "Snapshot",
]
