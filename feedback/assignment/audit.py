"""The promise of the queue, checked: no item is over-judged, and no place is lost."""

from __future__ import annotations

from django.db.models import Count, F, Q, QuerySet

from feedback.models import AssignmentState, Item

# Leases that count to their item's overlap: somebody is at it, or has answered.
TAKES = Q(state__in=(AssignmentState.OPEN, AssignmentState.SUBMITTED), takes_place=True)
_TAKEN = Q(
    assignments__state__in=(AssignmentState.OPEN, AssignmentState.SUBMITTED),
    assignments__takes_place=True,
)


def broken_items(project_id: int) -> QuerySet[Item]:
    """Items whose free places, open leases and people's submissions do not add up to the overlap.

    They have `taken`. An item that was closed to people on import has no places and is left out.
    """
    counted = Item.objects.filter(project=project_id).annotate(
        taken=Count("assignments", filter=_TAKEN)
    )
    off = counted.exclude(taken=F("overlap") - F("places"))
    ordinary = Q(gold__isnull=True) & ~Q(places=0, taken=0)
    gold = Q(gold__isnull=False) & ~Q(places=0, taken=0)
    return off.filter(ordinary | gold)
