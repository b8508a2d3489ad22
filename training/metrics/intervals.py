"""Means and shares with 95 % intervals that respect that rows of one prompt are not independent."""

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


def mean(values: Sequence[float], prompts: Sequence[Hashable]) -> Estimate | None:
    """The mean, +- 1.96 standard errors clustered by prompt; None without values.

    With a single prompt the rows count as independent, as nothing can be said about prompts.
    """
    if not values:
        return None
    centre = math.fsum(values) / len(values)
    spread = Z95 * math.sqrt(_variance_of_mean(values, prompts))
    return Estimate(centre, centre - spread, centre + spread, len(values), len(set(prompts)))


def proportion(successes: Sequence[float], prompts: Sequence[Hashable]) -> Estimate | None:
    """A share of successes (1, 0, or 0.5 for a tie), with Wilson's interval at the effective number
    of rows.

    Wilson 1927; the effective number is n over the design effect of clustering by prompt (Kish
    1965), or the number of prompts where all rows are alike and the effect cannot be measured. None
    without rows.
    """
    if not successes:
        return None
    n, clusters = len(successes), len(set(prompts))
    share = math.fsum(successes) / n
    effective = _effective_rows(successes, prompts, share, n, clusters)
    low, high = wilson(share, effective)
    return Estimate(share, low, high, n, clusters)


def _effective_rows(
    successes: Sequence[float], prompts: Sequence[Hashable], share: float, n: int, clusters: int
) -> float:
    independent = share * (1 - share) / n
    clustered = _variance_of_mean(successes, prompts)
    if independent == 0 or clustered == 0:
        return clusters
    return min(float(n), n * independent / clustered)


def _variance_of_mean(values: Sequence[float], prompts: Sequence[Hashable]) -> float:
    """Of the mean: sum over prompts of (sum of residuals)^2 / n^2, times c/(c-1)."""
    n = len(values)
    centre = math.fsum(values) / n
    keys = prompts if len(set(prompts)) > 1 else range(n)
    residuals: dict[Hashable, list[float]] = defaultdict(list)
    for value, key in zip(values, keys, strict=True):
        residuals[key].append(value - centre)
    count = len(residuals)
    if count < 2:
        return 0.0
    total = math.fsum(math.fsum(group) ** 2 for group in residuals.values())
    return total / n**2 * count / (count - 1)
