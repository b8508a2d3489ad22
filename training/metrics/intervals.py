"""Means and shares with 95 % intervals for rows that share prompts and annotators."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass

from feedback.intervals import Z95, wilson


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval, from `n` rows of `prompts` prompts."""

    value: float
    low: float
    high: float
    n: int
    prompts: int

    def as_json(self) -> dict[str, float | int]:
        """Plain data for results and pages."""
        return asdict(self)


def mean(
    values: Sequence[float],
    prompts: Sequence[Hashable],
    annotators: Sequence[Hashable] | None = None,
) -> Estimate | None:
    """The mean, +- 1.96 standard errors clustered by prompt and, if given, by annotator too; None
    without values.

    Two-way clusters: Cameron, Gelbach & Miller 2011. With a single prompt the rows count as
    independent, as nothing can be said about prompts; with a single annotator likewise.
    """
    if not values:
        return None
    centre = math.fsum(values) / len(values)
    spread = Z95 * math.sqrt(_variance(values, prompts, annotators))
    return Estimate(centre, centre - spread, centre + spread, len(values), len(set(prompts)))


def proportion(
    successes: Sequence[float],
    prompts: Sequence[Hashable],
    annotators: Sequence[Hashable] | None = None,
) -> Estimate | None:
    """A share of successes (1, 0, or 0.5 for a tie), with Wilson's interval at the effective number
    of rows.

    Wilson 1927; the effective number is n over the design effect of clustering (Kish 1965) by
    prompt and, if given, by annotator too, or the number of prompts where all rows are alike and
    the effect cannot be measured. None without rows.
    """
    if not successes:
        return None
    n, clusters = len(successes), len(set(prompts))
    share = math.fsum(successes) / n
    independent = share * (1 - share) / n
    clustered = _variance(successes, prompts, annotators)
    measured = independent > 0 and clustered > 0
    effective = min(float(n), n * independent / clustered) if measured else clusters
    low, high = wilson(share, effective)
    return Estimate(share, low, high, n, clusters)


def _variance(
    values: Sequence[float],
    prompts: Sequence[Hashable],
    annotators: Sequence[Hashable] | None,
) -> float:
    """By prompt + by annotator - by both, and no less than either alone."""
    by_prompt = _variance_of_mean(values, prompts)
    if annotators is None or len(set(annotators)) < 2:
        return by_prompt
    by_annotator = _variance_of_mean(values, annotators)
    by_both = _variance_of_mean(values, list(zip(prompts, annotators, strict=True)))
    return max(by_prompt + by_annotator - by_both, by_prompt, by_annotator)


def _variance_of_mean(values: Sequence[float], clusters: Sequence[Hashable]) -> float:
    """Of the mean: sum over clusters of (sum of residuals)^2 / n^2, times c/(c-1)."""
    n = len(values)
    centre = math.fsum(values) / n
    keys = clusters if len(set(clusters)) > 1 else range(n)
    residuals: dict[Hashable, list[float]] = defaultdict(list)
    for value, key in zip(values, keys, strict=True):
        residuals[key].append(value - centre)
    count = len(residuals)
    if count < 2:
        return 0.0
    total = math.fsum(math.fsum(group) ** 2 for group in residuals.values())
    return total / n**2 * count / (count - 1)
