"""Votes: what every figure of quality is made of, and the shapes that they take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedback.intervals import wilson

Value = str | float


@dataclass(frozen=True, slots=True)
class Vote:
    """One annotator's value for one unit (an item, or one completion of it)."""

    unit: int
    annotator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval and the number of observations behind it."""

    value: float
    low: float
    high: float
    n: int


def domain_of(votes: Iterable[Vote]) -> list[Value]:
    """The distinct values in order; texts by name, numbers by size."""
    return sorted({vote.value for vote in votes}, key=lambda value: (str(type(value)), value))


def counts_of(votes: Sequence[Vote], domain: Sequence[Value]) -> NDArray[np.int64]:
    """How often each value was given to each unit with at least two votes: units x values."""
    units = {unit: n for n, unit in enumerate(dict.fromkeys(vote.unit for vote in votes))}
    places = {value: n for n, value in enumerate(domain)}
    counts: NDArray[np.int64] = np.zeros((len(units), len(domain)), dtype=np.int64)
    rows = np.fromiter((units[vote.unit] for vote in votes), np.int64, len(votes))
    columns = np.fromiter((places[vote.value] for vote in votes), np.int64, len(votes))
    np.add.at(counts, (rows, columns), 1)
    shared: NDArray[np.int64] = counts[counts.sum(axis=1) >= 2]
    return shared


def percentile_interval(values: Sequence[float]) -> tuple[float, float]:
    """The middle 95 % of bootstrap values."""
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def share(successes: float, n: int) -> Interval:
    """A share with Wilson's 95 % interval; n = 0 says nothing: 0 to 1."""
    if n == 0:
        return Interval(float("nan"), 0.0, 1.0, 0)
    low, high = wilson(successes / n, n)
    return Interval(successes / n, low, high, n)
