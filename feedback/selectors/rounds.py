"""Stored answers of one kind as rounds: what a session and a report are worked out from."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from feedback.evidence import Candidate
from feedback.kinds import get_kind
from feedback.kinds.base import Ask, Round
from feedback.models import Item, ItemCompletion, Judgment
from feedback.selectors.judgments import live_judgments, stored_answer

BATCH = 500
IN_USE = "use:"  # begins the external id of an item that holds reactions to one completion
FIELDS = ("annotator__user", "submission", "item")


def rounds_of(judgments: QuerySet[Judgment]) -> Iterator[Round]:
    """The judgments, which are of one kind, as rounds in the order of their ids; memory flat.

    Completions come with id and label only: neither sessions nor reports need their texts.
    """
    rows = judgments.select_related(*FIELDS).order_by("pk").iterator(chunk_size=BATCH)
    reader = _Reader()
    while batch := list(islice(rows, BATCH)):
        yield from reader.rounds(batch)


class _Reader:
    """What is remembered from batch to batch: parsed settings, and the first item of equal ones."""

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {}
        self.first: dict[str, int] = {}

    def rounds(self, batch: Sequence[Judgment]) -> Iterator[Round]:
        candidates, others = _candidates(batch), _others(batch)
        for judgment in batch:
            yield Round(
                judgment=judgment.pk,
                item=self._first(judgment.item),
                annotator=str(judgment.annotator),
                answer=stored_answer(judgment),
                ask=Ask(candidates[judgment.item_id], self._settings(judgment)),
                outcome=judgment.outcome,
                created=judgment.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                seconds=judgment.submission.lead_time,
                others=others.get((judgment.annotator_id, judgment.item_id)),
                in_use=(judgment.item.external_id or "").startswith(IN_USE),
            )

    def _first(self, item: Item) -> int:
        return item.repeats_id or self.first.setdefault(item.digest, item.pk)

    def _settings(self, judgment: Judgment) -> Any:
        stored: Mapping[str, Any] = next(
            (k for k in judgment.item.kinds if k["kind"] == judgment.kind), {}
        )
        text = json.dumps(stored.get("settings", {}), sort_keys=True)
        if text not in self.settings:
            model = get_kind(judgment.kind).settings_model
            self.settings[text] = model.model_validate_json(text)
        return self.settings[text]


def _candidates(batch: Sequence[Judgment]) -> Mapping[int, list[Candidate]]:
    """The completions of each item in stored order."""
    found: dict[int, list[Candidate]] = defaultdict(list)
    slots = ItemCompletion.objects.filter(item__in={j.item_id for j in batch})
    ordered = slots.order_by("item_id", "index")
    for item, pk, origin in ordered.values_list("item_id", "completion_id", "completion__origin"):
        found[item].append(Candidate(pk, "", str(origin.get("label", ""))))
    return found


def _others(batch: Sequence[Judgment]) -> Mapping[tuple[int, int], Mapping[str, Any]]:
    """What each annotator answered to the item's other kinds, by annotator and item."""
    found: dict[tuple[int, int], dict[str, Any]] = defaultdict(dict)
    items, annotators = {j.item_id for j in batch}, {j.annotator_id for j in batch}
    same = live_judgments().filter(item__in=items, annotator__in=annotators)
    for other in same.exclude(kind=batch[0].kind):
        found[other.annotator_id, other.item_id][other.kind] = stored_answer(other)
    return found
