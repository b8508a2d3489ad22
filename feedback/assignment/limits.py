"""Why somebody gets nothing: a pause, the day's quota, an exam, or a queue that is empty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from feedback.models import Annotator, Assignment, AssignmentState, Item
from feedback.ordering import QueueSettings
from feedback.selectors.gold import exam_result, gold_left


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
        return Nothing(
            "paused", f"You are paused in this project. {annotator.pause_reason}".strip()
        )
    if (
        settings.daily_quota is not None
        and answered_today(annotator, now) + held >= settings.daily_quota
    ):
        return Nothing(
            "quota",
            f"You have answered the {settings.daily_quota} items that one person may answer here in a "
            "day. The next day begins at midnight UTC.",
        )
    return _exam_refusal(annotator, settings)


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


def _exam_refusal(annotator: Annotator, settings: QueueSettings) -> Nothing | None:
    if settings.exam is None or annotator.exam_passed_at is not None:
        return None
    result = exam_result(annotator)
    if result.answered >= settings.exam.items:
        return Nothing(
            "exam_failed",
            f"You answered {result.right} of {result.answered} exam items as expected; "
            f"{settings.exam.share:.0%} are needed. Ask the project's owner how to go on.",
        )
    if result.answered + result.open >= settings.exam.items:
        return Nothing("exam_open", "Answer the exam items that you hold; then it is marked.")
    if not gold_left(annotator).exists():
        return Nothing(
            "exam_missing",
            "This project begins with an exam, and there are too few items with known answers for "
            "it. Ask the project's owner to add some.",
        )
    return None
