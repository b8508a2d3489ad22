"""How well numbers order what people preferred."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from training.metrics.intervals import Estimate, mean, proportion


def ranking_accuracy(
    chosen: Sequence[float],
    rejected: Sequence[float],
    prompts: Sequence[Hashable],
    annotators: Sequence[Hashable] | None = None,
) -> Estimate | None:
    """The share of pairs whose chosen side has the higher number; an equal pair counts half."""
    return proportion(wins(chosen, rejected), prompts, annotators)


def wins(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """1 where ours is higher, 0 where it is lower, 0.5 where they are equal."""
    return [1.0 if a > b else 0.5 if a == b else 0.0 for a, b in zip(ours, theirs, strict=True)]


def separation(
    wanted: Sequence[float], unwanted: Sequence[float]
) -> tuple[float, Estimate | None, Estimate | None]:
    """How far wanted lie above unwanted: the area under the ROC curve, and both means.

    The area is P(wanted > unwanted) + P(equal)/2 over all pairs (Mann-Whitney); 0.5 where a side is
    empty.
    """
    pairs = len(wanted) * len(unwanted)
    wins = sum((w > u) + 0.5 * (w == u) for w in wanted for u in unwanted)
    area = wins / pairs if pairs else 0.5
    return area, mean(wanted, range(len(wanted))), mean(unwanted, range(len(unwanted)))
