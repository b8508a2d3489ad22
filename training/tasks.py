"""Celery's side: nudges, never the truth. A lost nudge is swept, a doubled one finds nothing to do."""

from __future__ import annotations

import logging
import os
import socket

from celery import shared_task
from django.core.cache import cache
from kombu.exceptions import OperationalError

from feedback.assignment import expire_assignments
from feedback.services import refresh_progress
from training.jobs.context import leave
from training.services import order_what_is_due, run_next, sweep_jobs

logger = logging.getLogger(__name__)

LOOK_SECONDS = 60  # between looks for orders that are out of date
NUDGE_SECONDS = 15  # an older nudge is dropped: the sweep sends a fresh one while jobs wait


def nudge(queue: str) -> None:
    """Wake a worker of the queue. When the broker is away, the sweep does it later."""
    try:
        run_queued.apply_async(args=(queue,), queue=queue, expires=NUDGE_SECONDS, retry=False)
    except OperationalError as error:
        logger.warning("could not nudge the %s queue: %s", queue, error)


@shared_task
def run_queued(queue: str) -> None:
    """Run the oldest waiting job, and nudge for the next."""
    worker = f"{socket.gethostname()}, process {os.getpid()}"
    if run_next(queue, worker) is not None:
        nudge(queue)


@shared_task
def sweep() -> None:
    """Queue again what lost its worker, return lapsed leases, nudge for what waits, order and count what grew."""
    expire_assignments()
    if cache.add("orders-looked-at", True, LOOK_SECONDS):
        order_what_is_due()
    for queue in sweep_jobs():
        nudge(queue)
    refresh_progress()


def release_running() -> None:
    """This worker ends: its jobs save, stop and go back to the queue."""
    leave()
