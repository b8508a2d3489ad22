"""Leases that are held: kept alive, given back, lapsed, reopened; each place comes back once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from feedback.assignment.limits import said_of_pause
from feedback.assignment.places import return_places
from feedback.errors import Conflict, NotFound
from feedback.models import Annotator, Assignment, AssignmentState, Draft, Item, Project
from feedback.prepared import Given, Prepared

LIVE = (AssignmentState.OPEN, AssignmentState.SUBMITTED, AssignmentState.SKIPPED)


def extend_assignment(assignment: Assignment) -> Assignment:
    """A heartbeat: the lease lasts its full time again. Raises Conflict when it has ended."""
    now = timezone.now()
    with transaction.atomic():
        return extend(lock_open(assignment.pk, assignment.annotator_id, now), now)


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
        return_places(lapsed)
        Assignment.objects.filter(pk__in=lapsed).update(
            state=AssignmentState.EXPIRED, closed_at=now
        )
    return len(lapsed)


def lock_open(assignment_id: int, annotator_id: int, now: datetime) -> Assignment:
    """The annotator's live lease, locked; raises NotFound, or Conflict as `require_open`."""
    assignment = lock_own(assignment_id, annotator_id)
    require_open(assignment, now)
    return assignment


def lock_own(assignment_id: int, annotator_id: int) -> Assignment:
    """The annotator's lease, locked, whatever its state; raises NotFound `unknown_assignment`."""
    assignment = _OWN.first(assignment=assignment_id, annotator=annotator_id)
    if assignment is None:
        raise NotFound("There is no such assignment of yours.", code="unknown_assignment")
    return assignment


def require_open(assignment: Assignment, now: datetime) -> None:
    """Raises Conflict `already_submitted`, `paused`, `lease_ended` or `item_complete` for a lease that is over."""
    if assignment.state != AssignmentState.OPEN or assignment.expires_at <= now:
        raise lease_ended(assignment)


def open_leases(annotator: Annotator, now: datetime) -> list[Assignment]:
    """The annotator's live leases, oldest first, locked."""
    return _HELD.rows(annotator=annotator.pk, now=now)


def reopen_assignment(assignment: Assignment) -> Assignment:
    """Give an item that was judged back to who judged it. The caller has locked its annotator.

    The lease keeps its place among the annotator's: it is the oldest, so that it comes first. What was fetched
    ahead of it goes back, so that no more than two are held.
    """
    now = timezone.now()
    for surplus in open_leases(assignment.annotator, now)[1:]:
        release_assignment(surplus)
    assignment.state, assignment.closed_at = AssignmentState.OPEN, None
    assignment.expires_at = expiry(assignment.item.project, now)
    assignment.save(update_fields=["state", "closed_at", "expires_at"])
    return assignment


def release_all(annotator: Annotator) -> int:
    """Give everything that the annotator holds back to the pool; returns how many items."""
    with transaction.atomic():
        held = open_leases(annotator, timezone.now())
        for assignment in held:
            release_assignment(assignment)
    return len(held)


def extend(assignment: Assignment, now: datetime) -> Assignment:
    """The lease, which the caller has locked, lasts its full time again."""
    assignment.expires_at = expiry(assignment.item.project, now)
    assignment.save(update_fields=["expires_at"])
    return assignment


def expiry(project: Project, now: datetime) -> datetime:
    """When a lease that begins now ends."""
    return now + timedelta(minutes=project.lease_minutes)


def lease_ended(assignment: Assignment) -> Conflict:
    """The error for a lease that is over, saying why: a pause, or an item that is complete."""
    item = assignment.item
    if assignment.state == AssignmentState.SUBMITTED:
        return Conflict("You have judged this item already.", code="already_submitted")
    if assignment.annotator.paused_at is not None:
        return Conflict(
            said_of_pause(assignment.annotator),
            code="paused",
            hint="Your items went back to the queue and nothing was stored. Ask the project's owner "
            "how to go on.",
        )
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
    """No place is free, and nobody holds one that could come back. Gold has no places and is never complete."""
    if item.gold is not None:
        return False
    return item.places == 0 and not item.assignments.filter(state=AssignmentState.OPEN).exists()


def _close(assignment: Assignment, state: AssignmentState, reason: str = "") -> None:
    now = timezone.now()
    with transaction.atomic():
        locked = lock_open(assignment.pk, assignment.annotator_id, now)
        return_places([locked.pk])
        Assignment.objects.filter(pk=locked.pk).update(
            state=state, closed_at=now, skip_reason=reason
        )


_OWN = Prepared(
    lambda: (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("item__project")
        .filter(pk=Given("assignment"), annotator=Given("annotator"))
    )
)
_HELD = Prepared(
    lambda: (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("item__project", "item__prompt")
        .filter(annotator=Given("annotator"), state=AssignmentState.OPEN)
        .filter(expires_at__gt=Given("now"), item__withdrawn_at=None)
        .order_by("pk")
    )
)
