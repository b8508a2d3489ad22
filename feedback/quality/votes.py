"""Votes: what every figure of quality is made of, and the shapes that they take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from feedback.intervals import wilson

Value = str | float


@dataclass(frozen=True, slots=True)
class Vote:
    """One annotator's value for one unit (an item, or one completion of it).

    Units of one cluster (the completions of an item) are resampled together; None: each by itself.
    """

    unit: int
    annotator: str
    value: Value
    cluster: int | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval and the number of observations behind it."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A vote as a place on the screen: `left`, `right` or `neither`.

    `turned` says that the second completion of the stored order stood on the left: the same place means
    another completion then.
    """

    unit: int
    annotator: str
    place: str
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """One stored answer as the figures of quality read it; `value` is None for free text.

    `parts` are the values of single completions in stored order, of kinds that judge each by itself.
    `completions` and `lengths` (in characters) are in stored order, `order` is what was shown, stored indices.
    """

    item: int
    annotator: str
    source: str
    created: datetime
    value: Value | None
    chosen: int | None
    place: str | None
    order: Sequence[int] | None
    completions: Sequence[int]
    lengths: Sequence[int]
    seconds: float | None
    tags: Sequence[str]
    parts: Sequence[Value] = ()
    part: int = 0  # the completion that `value` is about, where answers were taken apart


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
