"""Open items as an ordering sees them: with people's votes, or with the texts that are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.db.models import Exists, OuterRef, Q, QuerySet

from feedback.kinds import get_kind
from feedback.models import Assignment, AssignmentState, Item, ItemCompletion, Project, Source
from feedback.ordering import NOW, Ordering, Waiting
from feedback.selectors.judgments import counted_judgments, stored_answer

BATCH = 2000
LONGEST_TEXT = 4000  # characters of a text that are read; enough to tell it from others


def orderable_items(project: Project) -> QuerySet[Item]:
    """Items that wait or may come back, but for those that are wanted at once."""
    held = Assignment.objects.filter(item=OuterRef("pk"), state=AssignmentState.OPEN)
    items = Item.objects.filter(project=project, withdrawn_at=None, gold__isnull=True)
    return items.filter(Q(places__gt=0) | Exists(held), order_key__gt=NOW // 2)


def waiting_items(project: Project, ordering: Ordering) -> Iterator[Waiting]:
    """The items that wait, with what the ordering needs of each; streamed."""
    if ordering.needs == "texts":
        return _with_texts(project)
    return _with_votes(project)


def _with_texts(project: Project) -> Iterator[Waiting]:
    slots = ItemCompletion.objects.filter(item__in=orderable_items(project), index__lt=2)
    rows = slots.order_by("item", "index").values_list("item", "completion__text")
    item = 0
    texts: list[str] = []
    for pk, text in rows.iterator(chunk_size=BATCH):
        if pk != item and texts:
            yield Waiting(item, tuple(texts))
            texts = []
        item = pk
        texts.append(text[:LONGEST_TEXT])
    if texts:
        yield Waiting(item, tuple(texts))


def _with_votes(project: Project) -> Iterator[Waiting]:
    votes: dict[int, dict[str, dict[str, int]]] = {}
    rows = counted_judgments().filter(annotator__source=Source.HUMAN)
    rows = rows.filter(item__in=orderable_items(project)).only(
        "item_id", "kind", "answer", "kind_version"
    )
    for judgment in rows.order_by("pk").iterator(chunk_size=BATCH):
        value = get_kind(judgment.kind).agreement_value(stored_answer(judgment))
        if value is not None:
            counts = votes.setdefault(judgment.item_id, {}).setdefault(judgment.kind, {})
            counts[str(value)] = counts.get(str(value), 0) + 1
    nothing: Mapping[str, Mapping[str, int]] = {}
    for pk in orderable_items(project).values_list("pk", flat=True).iterator(chunk_size=BATCH):
        yield Waiting(pk, votes=votes.get(pk, nothing))
