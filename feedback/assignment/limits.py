"""Why somebody gets nothing: a pause, the day's quota, or a queue that is empty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from feedback.models import Annotator, Assignment, AssignmentState, Item
from feedback.ordering import QueueSettings


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why there is no next item: a stable code and a sentence."""

    code: str
    message: str


def refusal(
    annotator: Annotator, settings: QueueSettings, held: int, now: datetime
) -> Nothing | None:
    """Why this annotator gets no new item whatever waits, or None."""
    if annotator.paused_at is not None:
        return Nothing("paused", said_of_pause(annotator))
    if (
        settings.daily_quota is not None
        and answered_today(annotator, now) + held >= settings.daily_quota
    ):
        return Nothing(
            "quota",
            "You have answered as many items as one person may answer here in a day "
            f"({settings.daily_quota}). The next day begins at midnight UTC.",
        )
    return None


def said_of_pause(annotator: Annotator) -> str:
    """What somebody is told who is paused, with the reason."""
    return f"You are paused in this project. {annotator.pause_reason}".strip()


def answered_today(annotator: Annotator, now: datetime) -> int:
    """Items answered since midnight UTC: gold too, a changed answer once, one taken back not."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    mine = Assignment.objects.filter(annotator=annotator, state=AssignmentState.SUBMITTED)
    return mine.filter(closed_at__gte=midnight).count()


def why_nothing(annotator: Annotator) -> Nothing:
    """What the queue lacks for this annotator."""
    items = Item.objects.filter(project=annotator.project_id, withdrawn_at=None)
    if items.filter(places__gt=0).exists():
        return Nothing(
            "all_yours_done", "You have judged or skipped every item that is open to you."
        )
    leases = Assignment.objects.filter(state=AssignmentState.OPEN, takes_place=True)
    if leases.filter(item__in=items).exists():
        return Nothing("in_progress", "Others hold the last open items; one may come back.")
    if items.exists():
        return Nothing("all_judged", "Every item has all its judgments.")
    return Nothing("no_items", "This project has no items yet.")
