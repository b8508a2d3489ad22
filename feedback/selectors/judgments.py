"""Judgments that count, read as answers, in words, and as evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from feedback.evidence import Candidate, Context, Evidence
from feedback.kinds import get_kind
from feedback.kinds.base import Ask
from feedback.models import (
    Completion,
    Decision,
    Item,
    ItemCompletion,
    Judgment,
    Project,
)

BATCH = 1000
DECIDED_ANEW = "decision:"  # begins the key of a submission in which a reviewer answered anew


def live_judgments() -> QuerySet[Judgment]:
    """Judgments that count: neither withdrawn, nor erased, nor superseded."""
    # As a subquery: of an outer join PostgreSQL expects one row, and plans for that among millions.
    superseded = Judgment.objects.filter(supersedes=OuterRef("pk"))
    standing = Judgment.objects.filter(withdrawn_at=None, erased_at=None, item__withdrawn_at=None)
    return standing.filter(~Exists(superseded))


def given_judgments() -> QuerySet[Judgment]:
    """Those that were given to the item as it was asked: a reviewer who decides anew has seen all others."""
    anew = Decision.objects.filter(
        judgment=OuterRef("pk"),
        judgment__submission__assignment=None,
        judgment__submission__amends=None,
        judgment__submission__key__startswith=DECIDED_ANEW,
    )
    return live_judgments().filter(~Exists(anew))


def counted_judgments() -> QuerySet[Judgment]:
    """Those that become evidence, where no decision stands for them."""
    return about_items(given_judgments())


def about_items(judgments: QuerySet[Judgment]) -> QuerySet[Judgment]:
    """Without answers to gold and to repeats, which are about the annotator and not the item."""
    return judgments.filter(item__gold__isnull=True, item__repeats=None)


def describe_judgment(judgment: Judgment) -> str:
    """A stored answer in a few words."""
    kind = get_kind(judgment.kind)
    return kind.describe(stored_answer(judgment), ask_of(judgment.item, judgment.kind))


def stored_answer(judgment: Judgment) -> Any:
    """The answer as the kind's present version reads it."""
    kind = get_kind(judgment.kind)
    return kind.answer_model.model_validate(kind.upgrade(judgment.answer, judgment.kind_version))


def side_of(judgment: Judgment) -> int | None:
    """Where on the screen the preferred completion was, from 1; None without one, or if none was shown."""
    order = judgment.submission.order
    chosen = get_kind(judgment.kind).chosen(stored_answer(judgment))
    return order.index(chosen) + 1 if order is not None and chosen in order else None


def ask_of(item: Item, kind: str) -> Ask[Any]:
    """What the item asks of this kind: its completions in stored order and the settings it fixed."""
    return ask_about(item, kind, [slot.completion for slot in item.slots.all()])


def ask_about(item: Item, kind: str, completions: Iterable[Completion]) -> Ask[Any]:
    """The same, of an item whose completions are at hand."""
    settings: Mapping[str, Any] = next(
        (k.get("settings", {}) for k in item.kinds if k["kind"] == kind), {}
    )
    return get_kind(kind).ask([_candidate(completion) for completion in completions], settings)


def evidence_of(
    project: Project, judgments: QuerySet[Judgment] | None = None
) -> Iterator[Evidence]:
    """The project's judgments as evidence, streamed in the order of their ids, memory flat.

    `judgments` are those to read; without them all that count. Their ids are read from a cursor, the rows in
    batches: what is held back at the server is the ids only.
    """
    slots = Prefetch("item__slots", ItemCompletion.objects.select_related("completion"))
    wanted = counted_judgments() if judgments is None else judgments
    wanted = wanted.filter(project=project).order_by("pk")
    stream = wanted.values_list("pk", flat=True).iterator(chunk_size=BATCH)
    while batch := list(islice(stream, BATCH)):
        rows = wanted.filter(pk__in=batch)
        for judgment in rows.select_related("annotator").prefetch_related("item__prompt", slots):
            yield from judgment_evidence(judgment)


def judgment_evidence(judgment: Judgment) -> Iterator[Evidence]:
    """What one stored judgment amounts to."""
    ask = ask_of(judgment.item, judgment.kind)
    kind = get_kind(judgment.kind)
    yield from kind.evidence(stored_answer(judgment), ask, _context(judgment))


def _candidate(completion: Completion) -> Candidate:
    return Candidate(completion.pk, completion.text, completion.label, completion.media)


def _context(judgment: Judgment) -> Context:
    prompt = judgment.item.prompt
    return Context(
        judgment=judgment.pk,
        item=judgment.item_id,
        kind=judgment.kind,
        prompt=tuple(prompt.messages),
        tags=tuple(prompt.tags),
        annotator=judgment.annotator.pseudonym,
        source=judgment.annotator.source,
        created=judgment.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
