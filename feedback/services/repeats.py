"""Repeated items: the same question once more, to see whether people answer it as before."""

from __future__ import annotations

from django.db import transaction

from feedback.assignment import copy_item
from feedback.errors import Conflict
from feedback.models import Item


@transaction.atomic
def repeat_item(item: Item) -> Item:
    """A new item that asks the same and names the first one. Its completions keep their stored order.

    The order shown is drawn anew under each lease. Raises Conflict `item_withdrawn`.
    """
    if item.withdrawn_at is not None:
        raise Conflict("This item was withdrawn.", code="item_withdrawn")
    return copy_item(item)
