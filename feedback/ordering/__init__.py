"""Which open item comes next: one module for each order."""

from __future__ import annotations

from feedback.ordering.base import NOW, STEP, Ordering, QueueSettings
from feedback.ordering.breadth import Breadth
from feedback.ordering.priority import Priority

ORDERINGS: dict[str, Ordering] = {order.name: order for order in (Breadth(), Priority())}

__all__ = ["NOW", "ORDERINGS", "STEP", "Ordering", "QueueSettings"]
