"""Adaptive overlap: where people disagree, one more is asked, up to the project's ceiling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Count

from feedback.assignment import TAKES, add_place
from feedback.kinds import get_kind
from feedback.models import Assignment, AssignmentState, Item, Project, Source
from feedback.ordering import QueueSettings
from feedback.selectors import given_judgments, stored_answer

WINDOW = 500  # items that are looked at together


def widen_overlap(item: Item) -> bool:
    """Ask one more person if the item has all its answers and they disagree; whether it was done.

    Called in the transaction that stores an answer or changes one. The item is locked before anything is
    counted: of two last answers stored at once, one sees the other.
    """
    ceiling = QueueSettings.parse(item.project.queue).ceiling
    if ceiling is None or item.gold is not None or item.repeats_id is not None:
        return False
    locked = Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    if locked.only_for_id is not None or locked.overlap >= ceiling:
        return False
    if _answered(locked) < locked.overlap or not _disagree(locked):
        return False
    add_place(locked.pk)
    return True


def widen_disputed(project: Project) -> Iterator[int]:
    """One more for each item on which people disagreed before there was a ceiling, or under a lower one.

    Yields how many are asked, for every 500 items, the newest first.
    """
    ceiling = QueueSettings.parse(project.queue).ceiling
    if ceiling is None:
        return
    full = Item.objects.filter(project=project, places=0, withdrawn_at=None, overlap__lt=ceiling)
    newest = full.select_related("project").order_by("-pk")
    window = list(newest[:WINDOW])
    while window:
        differing = _differing(window)
        yield sum(_widen(item) for item in window if item.pk in differing)
        window = list(newest.filter(pk__lt=window[-1].pk)[:WINDOW])


def _differing(items: list[Item]) -> set[int]:
    """Those to which people gave unlike answers; whether they amount to unlike values is seen later."""
    people = given_judgments().filter(item__in=items, annotator__source=Source.HUMAN)
    unlike = people.values("item", "kind").annotate(n=Count("answer", distinct=True))
    return set(unlike.filter(n__gt=1).order_by().values_list("item", flat=True))


@transaction.atomic
def _widen(item: Item) -> bool:
    return widen_overlap(item)


def _answered(item: Item) -> int:
    """Places that were used; none of an item that was closed when it was made."""
    used = Assignment.objects.filter(TAKES, item=item, state=AssignmentState.SUBMITTED)
    return used.count()


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
