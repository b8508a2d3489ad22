"""Open items as an ordering sees them: with people's votes, or with the texts that are compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter

from django.db.models import Exists, OuterRef, Q, QuerySet

from feedback.kinds import get_kind
from feedback.models import Assignment, AssignmentState, Item, ItemCompletion, Project, Source
from feedback.ordering import NOW, Ordering, Waiting
from feedback.selectors.judgments import counted_judgments, stored_answer
from feedback.selectors.signals import completion_vectors, item_values, newest_version

BATCH = 2000
EMBEDDING, DISAGREEMENT = "embedding", "reward_disagreement"  # signals that orders look at
LONGEST_TEXT = 4000  # characters of a text that are read; enough to tell it from others

Row = tuple[int, int, str]  # item, completion, text


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
    rows = slots.order_by("item", "index").values_list("item", "completion", "completion__text")
    version = newest_version(project, EMBEDDING)
    for batch in _batched(groupby(rows.iterator(chunk_size=BATCH), key=itemgetter(0))):
        vectors: Mapping[int, Sequence[float]] = {}
        if version is not None:
            pks = [completion for _, about in batch for _, completion, _ in about]
            vectors = completion_vectors(pks, EMBEDDING, version)
        for item, about in batch:
            texts = tuple(text[:LONGEST_TEXT] for _, _, text in about)
            known = tuple(vectors[pk] for _, pk, _ in about if pk in vectors)
            yield Waiting(item, texts, embeddings=known)


def _batched(groups: Iterable[tuple[int, Iterable[Row]]]) -> Iterator[list[tuple[int, list[Row]]]]:
    stream = ((item, list(about)) for item, about in groups)
    while batch := list(islice(stream, BATCH)):
        yield batch


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
    version = newest_version(project, DISAGREEMENT, about="item")
    doubts = {} if version is None else item_values(project, DISAGREEMENT, version)
    for pk in orderable_items(project).values_list("pk", flat=True).iterator(chunk_size=BATCH):
        yield Waiting(pk, votes=votes.get(pk, nothing), disagreement=doubts.get(pk))
