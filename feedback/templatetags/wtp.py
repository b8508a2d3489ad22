"""What the templates of willingness to pay need: a coin for the order of a price list, and percentages."""

from __future__ import annotations

import hashlib
from typing import Any

from django import template

register = template.Library()


@register.simple_tag
def coin(question: Any) -> bool:
    """Falls the same way each time an annotator sees an item, however often its lease is renewed."""
    lease = question.assignment
    name = f"{lease.item_id}/{lease.annotator_id}" if lease else ""
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 1


@register.filter
def percent(share: float | None) -> str:
    """A share from 0 to 1 as people read it; a dash where there is none."""
    return "\N{EN DASH}" if share is None else f"{100 * share:.0f} %"
