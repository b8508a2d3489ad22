"""Adjudication: a reviewer decides for one of the answers, takes that back, or has one more person asked."""

from __future__ import annotations

from django.db import transaction

from feedback.assignment.places import add_place
from feedback.errors import Conflict, NotFound
from feedback.models import Decision, Item, User
from feedback.selectors.judgments import live_judgments

MOST_OVERLAP = 100


def decide(item: Item, judgment_id: int, reviewer: User) -> Decision:
    """Make the answer the one of its kind for the item, in place of an earlier decision.

    Raises NotFound `unknown_judgment` for one that is not about the item or does not count.
    """
    judgment = live_judgments().filter(item=item, pk=judgment_id).first()
    if judgment is None:
        raise NotFound(
            "There is no such answer to this item, or it does not count any more.",
            code="unknown_judgment",
        )
    decision, _ = Decision.objects.update_or_create(
        item=item, kind=judgment.kind, defaults={"judgment": judgment, "reviewer": reviewer}
    )
    return decision


def undecide(item: Item, kind: str) -> None:
    """Take a decision back; without one nothing happens."""
    Decision.objects.filter(item=item, kind=kind).delete()


@transaction.atomic
def ask_one_more(item: Item) -> Item:
    """One more person is asked. Raises Conflict `cannot_ask_more` for gold, and where a hundred are asked."""
    locked = Item.objects.select_for_update().get(pk=item.pk)
    if locked.gold is not None or locked.withdrawn_at is not None or locked.overlap >= MOST_OVERLAP:
        raise Conflict(
            "Nobody else can be asked about this item.",
            code="cannot_ask_more",
            hint="It is gold or withdrawn, or a hundred people are asked already.",
        )
    add_place(locked.pk)
    locked.refresh_from_db()
    return locked
