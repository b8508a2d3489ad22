"""The next open item for an annotator, at a cost that grows neither with the items nor with what they judged.

Open items are read in order of (order_key, id) from an index. What this annotator has had must be passed over,
and somebody who has judged a million items that still wait for others would pass over a million at every
request. So each annotator has a cursor, a position in that order, with this promise:

    every open item that this annotator may be asked lies at or behind the cursor,
    or was freed by a transaction numbered `cursor_seen` or later.

Items move backwards by themselves (a lease raises the key), which cannot break the promise. Whatever moves one
forwards, or opens it again (a returned place, a new item, another key, another restriction), is written into
`Item.freed` as the number of the transaction that did it: by the column's default and a trigger, so that no
code can forget. `cursor_seen` is the oldest transaction that was running when the annotator's row was locked
(the snapshot's xmin): all older ones were visible then, so that one which commits late is not lost.

A request thus reads what was freed since, which is little, and then on from the cursor. Every item is passed
over once for each time that it moves, however often somebody asks.
"""

from __future__ import annotations

from typing import Any

from django.db.models import (
    BigIntegerField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from feedback.assignment.holding import LIVE
from feedback.models import Annotator, AnnotatorGroup, Assignment, Item
from feedback.prepared import Given, Prepared

MOST_FREED = 200  # more than that and the cursor begins anew
LONGEST_WALK = 500  # ids; at most so many own items between the cursor and the next one
LONGEST_MEMORY = 5000  # transactions
FRONT, BEHIND_ALL = (-(1 << 62), 0), (1 << 62, 0)
Position = tuple[int, int]

XMIN: Any = Func(
    Func(function="txid_current_snapshot"),
    function="txid_snapshot_xmin",
    output_field=BigIntegerField(),
)


def lock_annotator(annotator: Annotator) -> Annotator:
    """The annotator's row, locked, with `xmin`: the oldest transaction running when the lock was asked for.

    No key is changed, so that what refers to the annotator can still be stored meanwhile.
    """
    locked = _LOCKED.first(annotator=annotator.pk)
    if locked is None:
        raise Annotator.DoesNotExist(f"annotator {annotator.pk} is gone")
    return locked


def next_item(annotator: Annotator) -> Item | None:
    """The first open item that the annotator may be asked, locked. `annotator` is from `lock_annotator`."""
    freed = _freed_item(annotator)
    if freed is not None:
        return freed
    cursor = _cursor(annotator) or _walk(annotator, FRONT, _xmin(annotator))
    found = _NEXT.first(**_asking(annotator), key=cursor[0], id=cursor[1])
    if _is_far(cursor, found):
        _walk(annotator, cursor, annotator.cursor_seen)
    return found


def _walk(annotator: Annotator, begin: Position, seen: int) -> Position:
    """Move the cursor to the first item from there on, or behind all.

    Read without locks: what others are taking at this moment may be let go, and is not passed.
    """
    mine = eligible(annotator.pk, annotator.project_id).filter(_at_or_after(begin))
    ahead = mine.order_by("order_key", "id").values_list("order_key", "id")
    front: Position = ahead.first() or BEHIND_ALL
    _store(annotator, front, seen)
    return front


def eligible(annotator: int | Given, project: int | Given) -> QuerySet[Item]:
    """Open items that the annotator may be asked and has not had."""
    had = Assignment.objects.filter(item=OuterRef("pk"), annotator=annotator, state__in=LIVE)
    free = Item.objects.filter(project=project, places__gt=0, withdrawn_at=None)
    return free.filter(allowed(annotator)).exclude(Exists(had))


def allowed(annotator: int | Given) -> Q:
    """Items that are for everybody, for a group of the annotator's, or for the annotator."""
    groups = AnnotatorGroup.annotators.through.objects.filter(annotator=annotator)
    return Q(Q(group=None) | Q(group__in=groups.values("annotatorgroup"))) & Q(
        Q(only_for=None) | Q(only_for=annotator)
    )


def forget_cursors(*annotators: int) -> None:
    """The queue begins anew for these annotators: what they may be asked has grown."""
    Annotator.objects.filter(pk__in=annotators).update(cursor_key=None, cursor_id=None)


def _freed_item(annotator: Annotator) -> Item | None:
    """An item before the cursor that became available since. Forgets what was seen, if nothing did."""
    cursor = _cursor(annotator)
    if cursor is None:
        return None
    found = _FREED.rows(
        **_asking(annotator), seen=annotator.cursor_seen, key=cursor[0], id=cursor[1]
    )
    if len(found) > MOST_FREED:
        _store(annotator, None, annotator.cursor_seen)
    elif found:
        mine = eligible(annotator.pk, annotator.project_id).filter(pk__in=[one.pk for one in found])
        return _locked_items(mine).first()
    elif _xmin(annotator) - annotator.cursor_seen > LONGEST_MEMORY:
        _store(annotator, cursor, _xmin(annotator))
    return None


def _locked_items(items: QuerySet[Item]) -> QuerySet[Item]:
    """In their order, those that nobody else is taking at this moment."""
    locked = items.select_for_update(skip_locked=True, of=("self",))
    return locked.select_related("project", "prompt").order_by("order_key", "id")


def _is_far(cursor: Position, found: Item | None) -> bool:
    """Whether so much may lie between that the next walk should begin farther on."""
    if found is None:
        return cursor != BEHIND_ALL
    return found.order_key != cursor[0] or found.pk - cursor[1] > LONGEST_WALK


def _store(annotator: Annotator, cursor: Position | None, seen: int) -> None:
    annotator.cursor_key, annotator.cursor_id = cursor or (None, None)
    annotator.cursor_seen = seen
    annotator.save(update_fields=["cursor_key", "cursor_id", "cursor_seen"])


def _asking(annotator: Annotator) -> dict[str, int]:
    return {"annotator": annotator.pk, "project": annotator.project_id}


def _cursor(annotator: Annotator) -> Position | None:
    if annotator.cursor_key is None or annotator.cursor_id is None:
        return None
    return annotator.cursor_key, annotator.cursor_id


def _xmin(annotator: Annotator) -> int:
    xmin: int = annotator.xmin  # type: ignore[attr-defined] # annotated by lock_annotator
    return xmin


class _Row(Func):
    """Positions compare as rows, so that the index is entered at the cursor."""

    function = "ROW"
    output_field = TextField()


def _position(position: Position) -> _Row:
    return _Row(*(one if isinstance(one, Given) else Value(one) for one in position))


def _at_or_after(position: Position) -> Any:
    return GreaterThanOrEqual(_Row(F("order_key"), F("id")), _position(position))


def _before(position: Position) -> Any:
    return LessThan(_Row(F("order_key"), F("id")), _position(position))


_CURSOR: Any = (Given("key"), Given("id"))
_LOCKED = Prepared(
    lambda: (
        Annotator.objects.select_for_update(no_key=True, of=("self",))
        .annotate(xmin=XMIN)
        .select_related("project")
        .filter(pk=Given("annotator"))
    )
)
_MINE = (Given("annotator"), Given("project"))
_FREED = Prepared(
    lambda: (
        eligible(*_MINE)
        .filter(freed__gte=Given("seen"))
        .filter(_before(_CURSOR))
        # In this order even a plan that knows no values reads what was freed since, and nothing else.
        .order_by("freed")
        .only("pk")[: MOST_FREED + 1]
    )
)
_NEXT = Prepared(lambda: _locked_items(eligible(*_MINE).filter(_at_or_after(_CURSOR)))[:1])
