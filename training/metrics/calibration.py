"""Whether a difference of rewards means the probability that it claims."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass

from training.metrics.intervals import Estimate, mean

BINS = 10
HALVINGS = 60  # of the interval in which the threshold is searched
WIDEST = 20.0  # the largest threshold considered


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of similar confidence: the mean of what was claimed, the share that was right, how many."""

    claimed: float
    right: float
    n: int

    def as_json(self) -> dict[str, float | int]:
        """Plain data for results and pages."""
        return asdict(self)


def reliability(deltas: Sequence[float]) -> list[Bin]:
    """Ten bins of the confidence max(p, 1 - p) in [0.5, 1] where p = sigma(chosen - rejected); those
    without pairs are left out. A pair without a difference is half right.
    """
    groups: list[list[float]] = [[] for _ in range(BINS)]
    for delta in deltas:
        confidence = sigmoid(abs(delta))
        groups[min(BINS - 1, int((confidence - 0.5) * 2 * BINS))].append(delta)
    return [
        Bin(
            claimed=_mean([sigmoid(abs(d)) for d in group]),
            right=_mean([0.5 if d == 0 else float(d > 0) for d in group]),
            n=len(group),
        )
        for group in groups
        if group
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """ECE: the mean distance of claimed and right, weighted by the bins' sizes; 0 without pairs.

    Naeini, Cooper & Hauskrecht 2015. It is above 0 by chance alone, the more so the fewer the pairs.
    """
    total = sum(b.n for b in bins)
    return sum(b.n * abs(b.claimed - b.right) for b in bins) / total if total else 0.0


def brier(
    deltas: Sequence[float],
    prompts: Sequence[Hashable],
    annotators: Sequence[Hashable] | None = None,
) -> Estimate | None:
    """The mean of (1 - sigma(delta))^2: 0.25 says nothing. Brier 1950."""
    return mean([sigmoid(-d) ** 2 for d in deltas], prompts, annotators)


def log_loss(
    deltas: Sequence[float],
    prompts: Sequence[Hashable],
    annotators: Sequence[Hashable] | None = None,
) -> Estimate | None:
    """The mean of -log sigma(delta) in nats: ln 2 = 0.693 says nothing."""
    return mean([softplus(-d) for d in deltas], prompts, annotators)


def tie_log_loss(
    deltas: Sequence[float],
    ties: Sequence[bool],
    prompts: Sequence[Hashable],
    annotators: Sequence[Hashable] | None = None,
) -> Estimate | None:
    """The mean of -log P(outcome) of better, worse and tied, by Rao and Kupper; None without ties.

    The threshold of half of the prompts is the likeliest one of the other half, so that no pair
    judges with a number that was fitted to it.
    """
    if not any(ties):
        return None
    half = {p: place % 2 for place, p in enumerate(sorted(set(prompts), key=repr))}
    sides = [half[p] for p in prompts]
    fitted = []
    for side in (0, 1):
        rows = [row for row, other in enumerate(sides) if other != side] or list(range(len(sides)))
        fitted.append(tie_threshold([deltas[r] for r in rows], [ties[r] for r in rows]))
    losses = [
        rao_kupper_loss(d, tie, fitted[side])
        for d, tie, side in zip(deltas, ties, sides, strict=True)
    ]
    return mean(losses, prompts, annotators)


def tie_threshold(deltas: Sequence[float], ties: Sequence[bool]) -> float:
    """The likeliest threshold of Rao and Kupper for these differences; the loss is convex in it."""
    low, high = 1e-3, WIDEST
    rows = list(zip(deltas, ties, strict=True))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if sum(_slope(d, tie, middle) for d, tie in rows) > 0:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def rao_kupper_loss(delta: float, tie: bool, threshold: float) -> float:
    """-log sigma(d - a) where decided; where tied -log of what is left. Rao & Kupper 1967."""
    if not tie:
        return softplus(threshold - delta)
    width = math.log(-math.expm1(-2 * threshold))
    return softplus(-threshold - delta) + softplus(delta - threshold) - width


def sigmoid(x: float) -> float:
    """1 / (1 + e^-x), for any x."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def softplus(x: float) -> float:
    """log(1 + e^x), for any x."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _slope(delta: float, tie: bool, threshold: float) -> float:
    """The derivative of `rao_kupper_loss` by the threshold."""
    if not tie:
        return sigmoid(threshold - delta)
    width = 2 / math.expm1(2 * threshold)
    return -sigmoid(-threshold - delta) - sigmoid(delta - threshold) - width


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
