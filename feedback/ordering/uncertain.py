"""Most uncertain first: items whose people disagree, and those that nobody has judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from feedback.ordering.base import Ordering, Waiting

LEVELS = 1000
UNJUDGED = 0.5 - 0.6 / LEVELS


class Uncertain(Ordering):
    """By the expected share of wrong votes for the leading value, from what people have said so far.

    With n votes on an item, t of them for its leading value and K values in use, a Dirichlet prior worth one
    vote spread evenly gives the leader the expected share (t + 1/K) / (n + 1); the uncertainty is what is left
    of 1 (least confidence: Lewis and Gale 1994). Of several kinds the most uncertain one counts. An item
    without votes and one whose votes are split evenly are equally uncertain; the split one goes first.
    A model's own uncertainty is not used: no signals of models are stored yet.
    """

    name = "uncertain"
    label = "Most uncertain first"
    summary = "Where people or reward models disagree, and what nobody has judged; what is agreed on comes last."
    ranked = True
    needs = "votes"

    def rank(self, items: Iterable[Waiting]) -> Mapping[int, int]:
        """In a thousand steps of uncertainty, so that equals go breadth first."""
        waiting = list(items)
        values = _values(waiting)
        return {one.item: round(LEVELS * (1 - _uncertainty(one, values))) for one in waiting}


def _values(items: Iterable[Waiting]) -> Mapping[str, int]:
    """How many values each kind has in use, at least two."""
    seen: dict[str, set[str]] = {}
    for one in items:
        for kind, counts in one.votes.items():
            seen.setdefault(kind, set()).update(counts)
    return {kind: max(2, len(values)) for kind, values in seen.items()}


def _uncertainty(one: Waiting, values: Mapping[str, int]) -> float:
    """From 0 to 1 - 1/K. What nobody has judged yields to an even split by less than a step."""
    if not one.votes:
        return UNJUDGED if one.disagreement is None else min(one.disagreement, UNJUDGED)
    return max(
        1 - (max(counts.values()) + 1 / values[kind]) / (sum(counts.values()) + 1)
        for kind, counts in one.votes.items()
    )
