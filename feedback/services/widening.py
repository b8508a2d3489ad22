"""Adaptive overlap: where people disagree, one more is asked, up to the project's ceiling."""

from __future__ import annotations

from collections import Counter

from feedback.assignment import TAKES, add_place
from feedback.kinds import get_kind
from feedback.models import Assignment, Item, Source
from feedback.ordering import QueueSettings
from feedback.selectors import given_judgments, stored_answer


def widen_overlap(item: Item) -> bool:
    """Ask one more person if the item has all its answers and they disagree; whether it was done.

    Called in the transaction that stores an answer. The item is locked before anything is counted: of two
    last answers stored at once, one sees the other.
    """
    ceiling = QueueSettings.parse(item.project.queue).ceiling
    if ceiling is None or item.gold is not None or item.repeats_id is not None:
        return False
    locked = Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    if locked.places > 0 or locked.overlap >= ceiling or _is_held(locked):
        return False
    if not _disagree(locked):
        return False
    add_place(locked.pk)
    return True


def _is_held(item: Item) -> bool:
    return Assignment.objects.filter(TAKES, item=item, state="open").exists()


def _disagree(item: Item) -> bool:
    """Whether in some kind with named values no value was given by more than half of the people."""
    values: dict[str, Counter[object]] = {}
    people = given_judgments().filter(item=item, annotator__source=Source.HUMAN)
    for judgment in people:
        kind = get_kind(judgment.kind)
        if kind.agreement_level == "interval":
            continue  # amounts and mean scores are hardly ever equal
        value = kind.agreement_value(stored_answer(judgment))
        if value is not None:
            values.setdefault(kind.name, Counter())[value] += 1
    return any(2 * max(counts.values()) <= counts.total() for counts in values.values())
