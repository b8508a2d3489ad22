"""The order of queues: worked out when asked for, and by itself where it has grown old."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from feedback.models import Item, Judgment, Project, User
from feedback.ordering import ORDERINGS, QueueSettings
from feedback.services import queue_settings, update_queue
from training.models import Job, JobState
from training.services.jobs import queue_once

OPERATION = "order_items"
MANY = 500  # new answers after which an order is out of date, however young it is …
OFTEN = timedelta(minutes=5)  # … but for this
SELDOM = timedelta(hours=1)  # with fewer; and after a job that failed


def save_queue(
    project: Project, settings: Mapping[str, Any], owner: User
) -> tuple[QueueSettings, Job | None]:
    """Replace the queue's settings; another order or ceiling holds for what is there once the job ran.

    Raises InvalidInput `invalid_queue`.
    """
    before = queue_settings(project)
    after = update_queue(project, settings)
    same = (after.order, after.ceiling) == (before.order, before.ceiling)
    return after, None if same else start_ordering(project, owner)


def start_ordering(project: Project, owner: User | None) -> Job:
    """Queue the working out of the queue's order; the one that waits already, if there is one.

    One that runs may have passed over what changed, so that it does not count.
    """
    return queue_once(OPERATION, project=project, owner=owner)


def order_what_is_due() -> list[Job]:
    """Queue the job for each project whose order is out of date; safe to call at any time, by any number.

    A project that somebody else looks at just now is left to them.
    """
    now = timezone.now()
    asked = Project.objects.filter(archived_at=None).exclude(queue={}).order_by("pk")
    jobs = []
    for pk in asked.values_list("pk", flat=True):
        with transaction.atomic():
            rows = Project.objects.select_for_update(no_key=True, skip_locked=True)
            project = rows.filter(pk=pk).first()
            if project is not None and _is_due(project, now):
                jobs.append(start_ordering(project, None))
    return jobs


def _is_due(project: Project, now: datetime) -> bool:
    settings = queue_settings(project)
    order = ORDERINGS[settings.order]
    last = project.jobs.filter(operation=OPERATION).first()
    if last is None:
        asked = order.name != "breadth" or settings.ceiling is not None
        return asked and project.items.exists()
    if not last.is_over:
        return False
    age = now - (last.finished_at or last.created)
    if last.state != JobState.DONE:
        return age >= SELDOM
    if (last.result.get("order"), last.result.get("ceiling")) != (order.name, settings.ceiling):
        return True
    if not order.ranked or age < OFTEN:
        return False
    return _answers_since(project, last) >= (1 if age >= SELDOM else MANY) or (
        age >= SELDOM and _items_since(project, last)
    )


def _answers_since(project: Project, last: Job) -> int:
    """Judgments stored since the job began; it stops counting at what is many."""
    newer = Judgment.objects.filter(pk__gt=last.result.get("judgment", 0), project=project)
    return newer[:MANY].count()


def _items_since(project: Project, last: Job) -> bool:
    return Item.objects.filter(project=project, pk__gt=last.result.get("item", 0)).exists()
