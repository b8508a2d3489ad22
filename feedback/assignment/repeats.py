"""Repeats: an item asked of the same person once more, with sides swapped."""

from __future__ import annotations

import random
from typing import Any

from django.db.models import Exists, OuterRef

from feedback.models import Annotator, Item, ItemCompletion, Submission
from feedback.selectors import asked_kinds

# Not what is still in mind, and not so long ago that a changed opinion would count as carelessness.
NEWEST, OLDEST = 10, 200


def repeat_for(annotator: Annotator) -> Item | None:
    """A new item for this annotator alone that repeats one of the last; None where nothing suits."""
    repeated = Item.objects.filter(repeats=OuterRef("item"), only_for=annotator)
    mine = (
        Submission.objects.filter(annotator=annotator, amends=None, order__isnull=False)
        .filter(
            item__gold__isnull=True, item__repeats=None, item__withdrawn_at=None, item__blind=False
        )
        .exclude(Exists(repeated))
        .select_related("item__project", "item__prompt")
        .order_by("-pk")[NEWEST:OLDEST]
    )
    suited = [one.item for one in mine if not _keeps_sessions(one.item)]
    if not suited:
        return None
    chosen = random.choice(suited)  # noqa: S311 no secret
    return copy_item(chosen, overlap=1, only_for_id=annotator.pk)


def copy_item(item: Item, **fields: Any) -> Item:
    """A new item that asks the same and names the first one. Its completions keep their stored order."""
    again = Item.objects.create(
        project=item.project,
        prompt=item.prompt,
        kinds=item.kinds,
        digest=item.digest,
        places=fields.get("overlap", item.overlap),
        repeats_id=item.repeats_id or item.pk,
        blind=item.blind,
        **{"overlap": item.overlap, "group_id": item.group_id} | fields,
    )
    ItemCompletion.objects.bulk_create(
        ItemCompletion(item=again, completion_id=slot.completion_id, index=slot.index)
        for slot in item.slots.all()
    )
    return again


def order_again(item: Item, annotator: Annotator) -> list[int] | None:
    """For a repeat, the order of the annotator's first showing turned round; else None."""
    if item.repeats_id is None:
        return None
    first = Submission.objects.filter(annotator=annotator, item=item.repeats_id)
    order = first.exclude(order=None).order_by("pk").values_list("order", flat=True).first()
    return None if order is None else order[::-1]


def _keeps_sessions(item: Item) -> bool:
    """Answers with a session's draws and payments are not asked twice behind somebody's back."""
    return any(asked.kind.keeps_sessions(asked.settings) for asked in asked_kinds(item))
