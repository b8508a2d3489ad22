"""By priority: what the owner marked as more important comes first."""

from __future__ import annotations

from feedback.ordering.base import Ordering


class Priority(Ordering):
    """The highest priority first, and breadth first among equals."""

    name = "priority"
    label = "By priority"
    summary = "The items with the highest priority first; breadth first among equals."
