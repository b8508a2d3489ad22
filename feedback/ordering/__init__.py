"""Which open item comes next: one module for each order."""

from __future__ import annotations

from feedback.ordering.base import NOW, STEP, Ordering, QueueSettings, Waiting
from feedback.ordering.breadth import Breadth
from feedback.ordering.informative import Informative
from feedback.ordering.priority import Priority
from feedback.ordering.uncertain import Uncertain

ORDERINGS: dict[str, Ordering] = {
    order.name: order for order in (Breadth(), Informative(), Priority(), Uncertain())
}

__all__ = ["NOW", "ORDERINGS", "STEP", "Ordering", "QueueSettings", "Waiting"]
