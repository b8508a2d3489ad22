"""What training's pages share: a worker is woken for each job that they queue."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from training import tasks
from training.models import Job


def nudge_for(job: Job) -> None:
    """Wake a worker once the job is surely stored."""
    nudge: Any = partial(tasks.nudge, job.queue)
    transaction.on_commit(nudge)
