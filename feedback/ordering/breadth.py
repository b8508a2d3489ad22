"""Breadth first: every item is asked once before any is asked a second time."""

from __future__ import annotations

from feedback.ordering.base import Ordering


class Breadth(Ordering):
    """The items that fewest people have or had, then the oldest."""

    name = "breadth"
    label = "Breadth first"
    summary = "Every item once, then every item a second time; the oldest first."
