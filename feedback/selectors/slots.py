"""An item's completions in stored order, read once."""

from __future__ import annotations

from django.db.models import QuerySet

from feedback.models import Item, ItemCompletion
from feedback.prepared import Given, Prepared, remember


def slots_of(item: Item) -> QuerySet[ItemCompletion]:
    """The item's slots with their completions in stored order; not read again where they were read ahead."""
    known: QuerySet[ItemCompletion] | None = item.__dict__.get("_prefetched_objects_cache", {}).get(
        "slots"
    )
    return known if known is not None else remember(item, "slots", _SLOTS.rows(item=item.pk))


_SLOTS = Prepared(
    lambda: (
        ItemCompletion.objects.select_related("completion")
        .filter(item=Given("item"))
        .order_by("index")
    )
)
