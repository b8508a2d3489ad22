"""What is slipped in between the items of the queue: items with known answers, repeats."""

from __future__ import annotations

import random

from feedback.assignment.queue import allowed
from feedback.assignment.repeats import repeat_for
from feedback.models import Annotator, Item
from feedback.ordering import QueueSettings
from feedback.selectors.gold import gold_left


def slipped_in(annotator: Annotator, settings: QueueSettings) -> Item | None:
    """Instead of the next open item, at the rates that the project sets: gold, or a repeat."""
    chance = random.random()  # noqa: S311 no secret
    if chance < settings.gold_rate:
        return _gold_item(annotator)
    if chance < settings.gold_rate + settings.repeat_rate:
        return repeat_for(annotator)
    return None


def _gold_item(annotator: Annotator) -> Item | None:
    """Any that the annotator has not had, so that two people cannot tell each other which is next."""
    left = gold_left(annotator).filter(allowed(annotator.pk))
    return left.select_related("project", "prompt").order_by("?").first()
