"""Consensus: what the votes on a unit amount to, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from feedback.quality.votes import Value, Vote


@dataclass(frozen=True, slots=True)
class Consensus:
    """The likeliest value of a unit, its share of the weighted votes, and the entropy in bits."""

    value: Value
    share: float
    entropy: float
    votes: int

    @property
    def split(self) -> bool:
        """Whether no value has more than half."""
        return self.share <= 0.5


def consensus(
    votes: Sequence[Vote], weights: Mapping[str, float] | None = None
) -> dict[int, Consensus]:
    """The consensus of each unit; an annotator without a weight counts 1, a unit without any is left out."""
    sums: dict[int, dict[Value, float]] = {}
    counts: dict[int, int] = {}
    for vote in votes:
        weight = 1.0 if weights is None else weights.get(vote.annotator, 1.0)
        unit = sums.setdefault(vote.unit, {})
        unit[vote.value] = unit.get(vote.value, 0.0) + weight
        counts[vote.unit] = counts.get(vote.unit, 0) + 1
    return {
        unit: _consensus(values, counts[unit])
        for unit, values in sums.items()
        if sum(values.values()) > 0
    }


def _consensus(values: Mapping[Value, float], votes: int) -> Consensus:
    total = sum(values.values())
    best = max(values, key=lambda value: (values[value], str(value)))
    shares = [weight / total for weight in values.values() if weight > 0]
    entropy = -sum(share * math.log2(share) for share in shares)
    return Consensus(best, values[best] / total, max(0.0, entropy), votes)
