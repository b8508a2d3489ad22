"""Repeated items: the same question once more, to see whether people answer it as before."""

from __future__ import annotations

from django.db import transaction

from feedback.errors import Conflict
from feedback.models import Item, ItemCompletion


@transaction.atomic
def repeat_item(item: Item) -> Item:
    """A new item that asks the same and names the first one. Its completions keep their stored order.

    The order shown is drawn anew under each lease. Raises Conflict `item_withdrawn`.
    """
    if item.withdrawn_at is not None:
        raise Conflict("This item was withdrawn.", code="item_withdrawn")
    again = Item.objects.create(
        project_id=item.project_id,
        prompt_id=item.prompt_id,
        kinds=item.kinds,
        digest=item.digest,
        overlap=item.overlap,
        places=item.overlap,
        repeats_id=item.repeats_id or item.pk,
        blind=item.blind,
    )
    ItemCompletion.objects.bulk_create(
        ItemCompletion(item=again, completion_id=slot.completion_id, index=slot.index)
        for slot in item.slots.all()
    )
    return again
