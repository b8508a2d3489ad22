"""Pages of training: snapshots, trainings, jobs, checkpoints, policies, sampling, exports."""

from __future__ import annotations
