"""Leases: the next item for an annotator, kept alive, given back, or lapsed. Overlap is exact."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, QuerySet
from django.utils import timezone

from feedback.errors import Conflict, NotFound
from feedback.models import (
    Annotator,
    Assignment,
    AssignmentState,
    Draft,
    Item,
    KindRecord,
    Project,
    RecordPurpose,
)
from feedback.selectors import AskedKind, asked_kinds, gate_before, record_about

LIVE = (AssignmentState.OPEN, AssignmentState.SUBMITTED, AssignmentState.SKIPPED)


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why there is no next item: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Gated:
    """The next item asks a kind whose gate the annotator has not passed; `record` is the open gate."""

    record: KindRecord


def next_assignment(annotator: Annotator, after: int | None = None) -> Assignment | Nothing | Gated:
    """The annotator's oldest open lease if there is one, else a new lease on the next open item.

    `after` names the lease on the screen: it is passed over, so that the item behind it can be fetched ahead.
    An annotator thus holds two leases at most. One indexed query with SKIP LOCKED, whose cost does not grow
    with the number of items.
    """
    now = timezone.now()
    with transaction.atomic():
        # One request at a time for each annotator: two tabs must not hold two leases. No key is
        # changed, so that what refers to the annotator can still be stored meanwhile.
        Annotator.objects.select_for_update(no_key=True).get(pk=annotator.pk)
        held = open_leases(annotator, now).exclude(pk=after or 0).first()
        if held is not None:
            return _extend(held, now)
        item = _next_item(annotator)
        if item is None and expire_assignments(now):
            item = _next_item(annotator)
        if item is None:
            return _why_nothing(annotator)
        gate = gate_before(asked_kinds(item), annotator)
        return _gated(gate, annotator) if gate else _lease(item, annotator, now)


def extend_assignment(assignment: Assignment) -> Assignment:
    """A heartbeat: the lease lasts its full time again. Raises Conflict when it has ended."""
    now = timezone.now()
    with transaction.atomic():
        return _extend(lock_open(assignment.pk, assignment.annotator_id, now), now)


def skip_assignment(assignment: Assignment, reason: str = "") -> None:
    """Give the item back to others; this annotator does not see it again, nor what was typed about it."""
    with transaction.atomic():
        _close(assignment, AssignmentState.SKIPPED, reason)
        Draft.objects.filter(item=assignment.item_id, annotator=assignment.annotator_id).delete()


def release_assignment(assignment: Assignment) -> None:
    """Give the item back to all, this annotator included."""
    _close(assignment, AssignmentState.RELEASED)


def expire_assignments(now: datetime | None = None, limit: int = 1000) -> int:
    """Return the places of lapsed leases; returns how many lapsed."""
    now = now or timezone.now()
    with transaction.atomic():
        lapsed = list(
            Assignment.objects.select_for_update(skip_locked=True)
            .filter(state=AssignmentState.OPEN, expires_at__lte=now)
            .values_list("pk", flat=True)[:limit]
        )
        _return_places(lapsed)
        Assignment.objects.filter(pk__in=lapsed).update(
            state=AssignmentState.EXPIRED, closed_at=now
        )
    return len(lapsed)


def lock_open(assignment_id: int, annotator_id: int, now: datetime) -> Assignment:
    """The annotator's live lease, locked; raises NotFound, or Conflict `lease_ended`/`item_complete`."""
    assignment = lock_own(assignment_id, annotator_id)
    require_open(assignment, now)
    return assignment


def lock_own(assignment_id: int, annotator_id: int) -> Assignment:
    """The annotator's lease, locked, whatever its state; raises NotFound `unknown_assignment`."""
    assignment = (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("item__project")
        .filter(pk=assignment_id, annotator=annotator_id)
        .first()
    )
    if assignment is None:
        raise NotFound("There is no such assignment of yours.", code="unknown_assignment")
    return assignment


def require_open(assignment: Assignment, now: datetime) -> None:
    """Raises Conflict `already_submitted`, `lease_ended` or `item_complete` for a lease that is over."""
    if assignment.state != AssignmentState.OPEN or assignment.expires_at <= now:
        raise lease_ended(assignment)


def open_leases(annotator: Annotator, now: datetime) -> QuerySet[Assignment]:
    """The annotator's live leases, oldest first, locked as they are read."""
    return (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("item__project", "item__prompt")
        .filter(annotator=annotator, state=AssignmentState.OPEN, expires_at__gt=now)
        .filter(item__withdrawn_at=None)
        .order_by("pk")
    )


def reopen_assignment(assignment: Assignment) -> Assignment:
    """Give an item that was judged back to who judged it. The caller has locked its annotator.

    The lease keeps its place among the annotator's: it is the oldest, so that it comes first. What was fetched
    ahead of it goes back, so that no more than two are held.
    """
    now = timezone.now()
    for surplus in open_leases(assignment.annotator, now)[1:]:
        release_assignment(surplus)
    assignment.state, assignment.closed_at = AssignmentState.OPEN, None
    assignment.expires_at = _expiry(assignment.item.project, now)
    assignment.save(update_fields=["state", "closed_at", "expires_at"])
    return assignment


def lease_ended(assignment: Assignment) -> Conflict:
    """The error for a lease that is over, saying whether the item is complete."""
    item = assignment.item
    if assignment.state == AssignmentState.SUBMITTED:
        return Conflict("You have judged this item already.", code="already_submitted")
    if assignment.state != AssignmentState.OPEN and _is_complete(item):
        return Conflict(
            "This item has all its judgments by now; yours was not stored.",
            code="item_complete",
            hint="Go on with the next item.",
        )
    return Conflict(
        "Your time for this item ran out, so it went back to the queue; nothing was stored.",
        code="lease_ended",
        hint="Open the next item; if it is still free you will get it again.",
    )


def _is_complete(item: Item) -> bool:
    """No place is free, and nobody holds one that could come back."""
    return item.places == 0 and not item.assignments.filter(state=AssignmentState.OPEN).exists()


def _next_item(annotator: Annotator) -> Item | None:
    mine = Assignment.objects.filter(item=OuterRef("pk"), annotator=annotator, state__in=LIVE)
    return (
        Item.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("project", "prompt")
        .filter(project=annotator.project_id, places__gt=0, withdrawn_at=None)
        .exclude(Exists(mine))
        .order_by("order_key", "id")
        .first()
    )


def _lease(item: Item, annotator: Annotator, now: datetime) -> Assignment:
    order = list(range(item.slots.count()))
    random.shuffle(order)
    Item.objects.filter(pk=item.pk).update(places=F("places") - 1)
    return Assignment.objects.create(
        item=item, annotator=annotator, order=order, expires_at=_expiry(annotator.project, now)
    )


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


def _extend(assignment: Assignment, now: datetime) -> Assignment:
    assignment.expires_at = _expiry(assignment.item.project, now)
    assignment.save(update_fields=["expires_at"])
    return assignment


def _expiry(project: Project, now: datetime) -> datetime:
    return now + timedelta(minutes=project.lease_minutes)


def _close(assignment: Assignment, state: AssignmentState, reason: str = "") -> None:
    now = timezone.now()
    with transaction.atomic():
        locked = lock_open(assignment.pk, assignment.annotator_id, now)
        _return_places([locked.pk])
        Assignment.objects.filter(pk=locked.pk).update(
            state=state, closed_at=now, skip_reason=reason
        )


def _return_places(assignments: list[int]) -> None:
    """Lock items in id order, so that two sweeps cannot lock each other out."""
    per_item = (
        Assignment.objects.filter(pk__in=assignments)
        .values_list("item_id")
        .annotate(n=Count("pk"))
        .order_by("item_id")
    )
    for item_id, n in per_item:
        Item.objects.filter(pk=item_id).update(places=F("places") + n)


def _why_nothing(annotator: Annotator) -> Nothing:
    items = Item.objects.filter(project=annotator.project_id, withdrawn_at=None)
    if items.filter(places__gt=0).exists():
        return Nothing("all_yours_done", "You have judged or skipped every item that is open.")
    if Assignment.objects.filter(item__in=items, state=AssignmentState.OPEN).exists():
        return Nothing("in_progress", "Others hold the last open items; one may come back.")
    if items.exists():
        return Nothing("all_judged", "Every item has all its judgments.")
    return Nothing("no_items", "This project has no items yet.")
