"""Items with known answers: which an annotator has yet to see, and how the answered ones went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from feedback.kinds import get_kind
from feedback.models import (
    Annotator,
    Assignment,
    AssignmentState,
    Item,
    ItemCompletion,
    Project,
    Submission,
)
from feedback.quality.gold import Standing, standing
from feedback.selectors.judgments import ask_of

BATCH = 500
# Whoever holds it or answered it is not asked again, and outside an exam nobody who skipped it.
TAKEN = (AssignmentState.OPEN, AssignmentState.SUBMITTED)
HAD = (*TAKEN, AssignmentState.SKIPPED)


@dataclass(frozen=True, slots=True)
class ExamResult:
    """Gold items answered, those answered right, and those under a lease."""

    answered: int
    right: int
    open: int


def gold_items(project_id: int) -> QuerySet[Item]:
    """The project's items with known answers."""
    return Item.objects.filter(project=project_id, withdrawn_at=None).filter(gold__isnull=False)


def gold_left(annotator: Annotator) -> QuerySet[Item]:
    """Gold items that the annotator has not had."""
    return _gold_without(annotator, HAD)


def exam_left(annotator: Annotator) -> QuerySet[Item]:
    """Gold items that the annotator has not answered and does not hold."""
    return _gold_without(annotator, TAKEN)


def _gold_without(annotator: Annotator, states: tuple[AssignmentState, ...]) -> QuerySet[Item]:
    had = Assignment.objects.filter(item=OuterRef("pk"), annotator=annotator, state__in=states)
    return gold_items(annotator.project_id).exclude(Exists(had))


def exam_result(annotator: Annotator) -> ExamResult:
    """How the annotator's gold items went."""
    mine = Submission.objects.filter(annotator=annotator, gold_right__isnull=False)
    counts = mine.aggregate(n=Count("pk"), right=Count("pk", filter=Q(gold_right=True)))
    leases = Assignment.objects.filter(annotator=annotator, state=AssignmentState.OPEN)
    return ExamResult(counts["n"], counts["right"], leases.filter(item__gold__isnull=False).count())


def expected_answers(item: Item) -> list[tuple[str, str]]:
    """The known answers in words: the kind's label and what it says, letters in stored order."""
    if item.gold is None:
        return []
    kinds = [get_kind(name) for name in item.gold["answers"]]
    return [
        (
            kind.label,
            kind.describe(
                kind.answer_model.model_validate(item.gold["answers"][kind.name]),
                ask_of(item, kind.name),
            ),
        )
        for kind in kinds
    ]


def gold_rows(project: Project) -> Iterator[dict[str, Any]]:
    """The project's items with known answers in the order of their ids, as an import reads them; memory flat."""
    slots = Prefetch("slots", ItemCompletion.objects.select_related("completion"))
    items = gold_items(project.pk).select_related("prompt").prefetch_related(slots)
    for item in items.order_by("pk").iterator(chunk_size=BATCH):
        yield {
            "item": item.pk,
            "item_id": item.external_id,
            "prompt_id": item.prompt.external_id,
            "prompt": item.prompt.messages,
            "tags": item.prompt.tags,
            "completions": [
                {"text": c.text, "label": c.label} | ({} if c.media is None else {"image": c.media})
                for c in (slot.completion for slot in item.slots.all())
            ],
            "kinds": item.kinds,
            "gold": item.gold,
        }


def gold_standing(annotator: Annotator) -> Standing:
    """The annotator's reliability on gold, and where the test stands; it begins anew after a pause."""
    mine = Submission.objects.filter(annotator=annotator, gold_right__isnull=False)
    if annotator.excused_before is not None:
        mine = mine.filter(created__gt=annotator.excused_before)
    counts = mine.aggregate(n=Count("pk"), right=Count("pk", filter=Q(gold_right=True)))
    return standing(counts["right"], counts["n"] - counts["right"])
