"""A project's answers as the figures of quality read them: streamed, a share of the items where they are many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db.models import BigIntegerField, F, QuerySet, Value
from django.db.models.functions import Length, Mod

from feedback.kinds import get_kind
from feedback.kinds.base import Kind
from feedback.models import ItemCompletion, Judgment, Project
from feedback.quality.votes import Answered
from feedback.selectors.judgments import counted_judgments
from feedback.selectors.rounds import IN_USE

BATCH = 2000
# Items are taken by a hash of their id, so that all answers to an item are read or none.
_FACTOR, _RANGE = 2_654_435_761, 1_000_003
_FIELDS = (
    "item_id",
    "annotator_id",
    "annotator__source",
    "created",
    "answer",
    "kind_version",
    "submission__order",
    "submission__lead_time",
    "item__prompt__tags",
)


def asked_judgments(project: Project) -> QuerySet[Judgment]:
    """Judgments that become evidence, of items that were asked: reactions in use are selective."""
    rows = counted_judgments().filter(project=project)
    return rows.exclude(item__external_id__startswith=IN_USE)


def votes(project: Project, kind: str, share: float = 1.0) -> Iterator[Answered]:
    """The answers of that kind in the order of their ids, of `share` of the items; memory flat."""
    rows = asked_judgments(project).filter(kind=kind).order_by("pk")
    if share < 1:
        hashed = Mod(F("item_id") * Value(_FACTOR, BigIntegerField()), Value(_RANGE))
        rows = rows.annotate(hashed=hashed).filter(hashed__lt=int(share * _RANGE))
    stream = rows.values_list(*_FIELDS).iterator(chunk_size=BATCH)
    known = get_kind(kind)
    while batch := list(islice(stream, BATCH)):
        shown = _completions({row[0] for row in batch})
        yield from (_answered(known, row, shown.get(row[0], ())) for row in batch)


def _answered(
    kind: Kind[Any, Any], row: Sequence[Any], shown: Sequence[tuple[int, int]]
) -> Answered:
    item, annotator, source, created, payload, version, order, seconds, tags = row
    answer = kind.answer_model.model_validate(kind.upgrade(payload, version))
    return Answered(
        item=item,
        annotator=str(annotator),
        source=source,
        created=created,
        value=kind.agreement_value(answer),
        chosen=kind.chosen(answer) if kind.chooses else None,
        # Where nothing was shown (an import, a judge), the stored order stands for the screen.
        place=kind.position_value(answer, order or range(len(shown))),
        order=order,
        completions=tuple(pk for pk, _ in shown),
        lengths=tuple(length for _, length in shown),
        seconds=seconds,
        tags=tuple(tags),
        parts=tuple(kind.agreement_parts(answer)),
    )


def _completions(items: set[int]) -> Mapping[int, Sequence[tuple[int, int]]]:
    """(id, length in characters) of each item's completions in stored order."""
    slots = ItemCompletion.objects.filter(item__in=items).order_by("item_id", "index")
    found: dict[int, list[tuple[int, int]]] = {}
    rows = slots.annotate(length=Length("completion__text"))
    for item, pk, length in rows.values_list("item_id", "completion_id", "length"):
        found.setdefault(item, []).append((pk, length))
    return found
