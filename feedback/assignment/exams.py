"""The exam: gold items that somebody answers before real work, and whether they are passed."""

from __future__ import annotations

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from feedback.assignment.limits import Nothing
from feedback.assignment.queue import allowed
from feedback.models import Annotator, Assignment, AssignmentState, Item
from feedback.ordering import QueueSettings
from feedback.selectors.gold import exam_left, exam_result


def exam_settled(annotator: Annotator, settings: QueueSettings) -> bool:
    """Whether no exam stands before real work (any more).

    A pass is noted whenever it was earned: by answers given before there was an exam, too, or by a share
    that was lowered since.
    """
    if settings.exam is None or annotator.exam_passed_at is not None:
        return True
    result = exam_result(annotator)
    if not settings.exam.passed_by(result.right, result.answered):
        return False
    note_pass(annotator)
    return True


def note_pass(annotator: Annotator) -> None:
    """The exam is passed, which is kept. It was a test of its own; the one on gold begins after it."""
    if annotator.exam_passed_at is None:
        annotator.exam_passed_at = annotator.excused_before = timezone.now()
        annotator.save(update_fields=["exam_passed_at", "excused_before"])


def exam_refusal(annotator: Annotator, settings: QueueSettings) -> Nothing | None:
    """Why the exam gives this annotator nothing more, or None."""
    if settings.exam is None or exam_settled(annotator, settings):
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
    if not _left(annotator).exists():
        return Nothing(
            "exam_missing",
            "This project begins with an exam, and there are too few items with known answers for "
            "it. Ask the project's owner to add some.",
        )
    return None


def exam_item(annotator: Annotator, settings: QueueSettings) -> Item | None:
    """The next item of an exam that is not passed yet; in the stored order, the same for everybody.

    Then those that were skipped, the longest ago first: without them nobody could pass who skips.
    """
    if settings.exam is None or annotator.exam_passed_at is not None:
        return None
    skips = Assignment.objects.filter(
        item=OuterRef("pk"), annotator=annotator, state=AssignmentState.SKIPPED
    )
    left = _left(annotator).annotate(skipped=Subquery(skips.values("closed_at")[:1]))
    order = (F("skipped").asc(nulls_first=True), "pk")
    return left.select_related("project", "prompt").order_by(*order).first()


def _left(annotator: Annotator) -> QuerySet[Item]:
    return exam_left(annotator).filter(allowed(annotator.pk))
