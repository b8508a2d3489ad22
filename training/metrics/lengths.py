"""Whether a reward pays for length."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from training.metrics.intervals import Estimate, proportion
from training.metrics.ranking import wins


@dataclass(frozen=True, slots=True)
class LengthBias:
    """`correlation` of differences of reward and of length, over all pairs; `effect`: how many of its
    standard deviations the reward's difference grows with one of length's, at equal preference.

    Accuracies apart for pairs of which people preferred the shorter and the longer side, and how
    often they and the reward preferred the longer one. None where there are no such pairs.
    """

    correlation: float | None
    effect: float | None
    accuracy_shorter: Estimate | None
    accuracy_longer: Estimate | None
    people_longer: Estimate | None
    reward_longer: Estimate | None


def length_bias(
    deltas: Sequence[float],
    lengths: Sequence[float],
    prompts: Sequence[Hashable],
    annotators: Sequence[Hashable] | None = None,
) -> LengthBias:
    """`deltas` and `lengths` are chosen minus rejected."""
    right = wins(deltas, [0.0] * len(deltas))
    apart = [row for row, length in enumerate(lengths) if length]

    def share(values: Sequence[float], rows: Sequence[int]) -> Estimate | None:
        people = None if annotators is None else [annotators[r] for r in rows]
        return proportion([values[r] for r in rows], [prompts[r] for r in rows], people)

    longer = [float(length > 0) for length in lengths]
    liked = [r if up else 1 - r for r, up in zip(right, longer, strict=True)]
    return LengthBias(
        correlation=_cosine(deltas, lengths),
        effect=_effect(deltas, lengths),
        accuracy_shorter=share(right, [r for r in apart if lengths[r] < 0]),
        accuracy_longer=share(right, [r for r in apart if lengths[r] > 0]),
        people_longer=share(longer, apart),
        reward_longer=share(liked, apart),
    )


def _cosine(a: Sequence[float], b: Sequence[float]) -> float | None:
    """The correlation of differences around 0: which side is called first does not matter."""
    size = math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))
    return math.fsum(x * y for x, y in zip(a, b, strict=True)) / size if size else None


def _effect(deltas: Sequence[float], lengths: Sequence[float]) -> float | None:
    """The slope of least squares with an intercept, which takes what the preference explains."""
    n = len(deltas)
    if n < 3:
        return None
    d, x = math.fsum(deltas) / n, math.fsum(lengths) / n
    spread = math.fsum((a - x) ** 2 for a in lengths)
    wide = math.fsum((a - d) ** 2 for a in deltas)
    if spread == 0 or wide == 0:
        return None
    both = math.fsum((a - d) * (b - x) for a, b in zip(deltas, lengths, strict=True))
    return both / math.sqrt(spread * wide)
