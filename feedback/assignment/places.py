"""Free places and order keys: the only statements that change them while people work."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, F

from feedback.models import Assignment, AssignmentState, Item
from feedback.ordering import STEP, QueueSettings

# One place less of the item given, and it goes behind those that fewer people have or had: what comes before
# the statement that stores the lease, so that both are one.
TAKING = (
    f"WITH taken AS (UPDATE {Item._meta.db_table}"  # noqa: S608 a table of ours
    " SET places = places - 1, order_key = order_key + 1 WHERE id = %s) "
)


def return_places(assignments: Iterable[int]) -> None:
    """The places that these leases held. Items are locked in id order: two sweeps never block each other."""
    per_item = (
        Assignment.objects.filter(pk__in=assignments, takes_place=True)
        .values_list("item_id")
        .annotate(n=Count("pk"))
        .order_by("item_id")
    )
    for item_id, n in per_item:
        Item.objects.filter(pk=item_id).update(places=F("places") + n, order_key=F("order_key") - n)


def add_place(item_id: int) -> None:
    """One more person is asked. The key stays: it counts the places taken."""
    Item.objects.filter(pk=item_id).update(places=F("places") + 1, overlap=F("overlap") + 1)


def keep_one_place(item_id: int, only_for: int) -> None:
    """An item for one person alone: no place that nobody could fill, none once they hold or answered it.

    The caller has locked the item.
    """
    taken = (AssignmentState.OPEN, AssignmentState.SUBMITTED)
    theirs = Assignment.objects.filter(item=item_id, annotator=only_for, state__in=taken)
    most = 0 if theirs.exists() else 1
    surplus = F("places") - most
    rows = Item.objects.filter(pk=item_id, places__gt=most)
    rows.update(places=most, overlap=F("overlap") - surplus)


def order_key_for(settings: QueueSettings, priority: int) -> int:
    """The key of a new item: its priority where the queue goes by that, else before all that were ranked."""
    return -priority * STEP if settings.order == "priority" else 0
