"""The next lease for an annotator: what is held, an exam, gold, a repeat, or the next open item."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from feedback.assignment.exams import exam_item, exam_refusal
from feedback.assignment.extras import slipped_in
from feedback.assignment.holding import expire_assignments, expiry, extend, open_leases
from feedback.assignment.limits import Nothing, refusal, why_nothing
from feedback.assignment.places import TAKING
from feedback.assignment.queue import lock_annotator, next_item
from feedback.assignment.repeats import order_again
from feedback.models import (
    Annotator,
    Assignment,
    AssignmentState,
    Item,
    KindRecord,
    RecordPurpose,
)
from feedback.ordering import QueueSettings
from feedback.prepared import insert
from feedback.selectors import AskedKind, asked_kinds, gate_before, record_about
from feedback.selectors.slots import slots_of


@dataclass(frozen=True, slots=True)
class Gated:
    """The next item asks a kind whose gate the annotator has not passed; `record` is the open gate."""

    record: KindRecord


def next_assignment(annotator: Annotator, after: int | None = None) -> Assignment | Nothing | Gated:
    """The annotator's oldest open lease if there is one, else a new lease on the next item.

    `after` names the lease on the screen: it is passed over, so that the item behind it can be fetched ahead.
    An annotator thus holds two leases at most. Indexed queries with SKIP LOCKED, whose cost does not grow
    with the number of items.
    """
    now = timezone.now()
    with transaction.atomic():
        # One request at a time for each annotator: two tabs must not hold two leases.
        annotator = lock_annotator(annotator)
        settings = QueueSettings.parse(annotator.project.queue)
        held = open_leases(annotator, now)
        refused = refusal(annotator, settings, len(held), now) or exam_refusal(annotator, settings)
        waiting = next((one for one in held if one.pk != after), None)
        if waiting is not None and (refused is None or refused.code != "paused"):
            return extend(waiting, now)
        if refused is not None:
            return refused
        item = exam_item(annotator, settings) or _open_item(annotator, settings, now)
        if isinstance(item, Nothing):
            return item
        gate = gate_before(asked_kinds(item), annotator)
        return _gated(gate, annotator) if gate else _lease(item, annotator, now)


def _open_item(annotator: Annotator, settings: QueueSettings, now: datetime) -> Item | Nothing:
    item = next_item(annotator)
    if item is None and expire_assignments(now):
        item = next_item(annotator)
    if item is None:
        return why_nothing(annotator)
    return slipped_in(annotator, settings) or item


def _lease(item: Item, annotator: Annotator, now: datetime) -> Assignment:
    """A lease and its place are stored by one statement. Gold has no places; an exam asks it again if skipped."""
    counts = item.gold is None
    if not counts:
        skipped = Assignment.objects.filter(item=item, annotator=annotator)
        skipped.filter(state=AssignmentState.SKIPPED).update(state=AssignmentState.RELEASED)
    lease = Assignment(
        item=item,
        annotator=annotator,
        order=_order(item, annotator),
        takes_place=counts,
        expires_at=expiry(annotator.project, now),
    )
    insert(lease, TAKING, [item.pk]) if counts else insert(lease)
    return lease


def _order(item: Item, annotator: Annotator) -> list[int]:
    """Shuffled; where the annotator is asked once more, turned round against the first time."""
    again = order_again(item, annotator)
    if again is not None:
        return again
    order = list(range(len(slots_of(item))))
    random.shuffle(order)
    return order


def _gated(asked: AskedKind, annotator: Annotator) -> Gated:
    """The open record of the gate; its settings are kept, as those of the project may change."""
    record, _ = KindRecord.objects.get_or_create(
        annotator=annotator,
        kind=asked.kind.name,
        purpose=RecordPurpose.GATE,
        about=record_about(asked.kind.name, asked.settings),
        closed_at=None,
        defaults={"data": {"settings": asked.settings.model_dump(mode="json")}},
    )
    return Gated(record)
