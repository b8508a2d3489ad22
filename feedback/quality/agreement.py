"""Agreement: Krippendorff's alpha among all, Cohen's kappa between two, each with a bootstrap interval."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Literal

import krippendorff
import numpy as np
from numpy.typing import NDArray

from feedback.quality.votes import (
    Interval,
    Value,
    Vote,
    counts_of,
    domain_of,
    percentile_interval,
)

Level = Literal["nominal", "ordinal", "interval"]
RESAMPLES = 200
MOST_UNITS = 20_000  # units that the bootstrap draws from; more would not narrow what is shown
MOST_VALUES = 100  # distinct values of a number; more are gathered into so many bins


def alpha(votes: Sequence[Vote], level: Level, seed: int = 0) -> Interval | None:
    """Krippendorff's alpha (Krippendorff 2011) with units resampled; None where it is not defined.

    It is not defined without a unit that two annotators judged, nor where all values are equal.
    """
    votes = _binned(votes) if level == "interval" else votes
    domain = domain_of(votes)
    counts = counts_of(votes, domain)
    value = _alpha(counts, domain, level)
    if value is None:
        return None
    generator = np.random.default_rng(seed)
    units = len(counts)
    drawn = min(units, MOST_UNITS)
    resampled = (
        _alpha(counts[generator.integers(units, size=drawn)], domain, level)
        for _ in range(RESAMPLES)
    )
    defined = [other for other in resampled if other is not None] or [value]
    low, high = percentile_interval(defined)
    return Interval(value, low, high, units)


def kappa(
    first: Mapping[int, Value], second: Mapping[int, Value], seed: int = 0
) -> Interval | None:
    """Cohen's kappa (Cohen 1960) on the units that both judged; None where it is not defined."""
    shared = sorted(first.keys() & second.keys())
    domain = {value: n for n, value in enumerate({*first.values(), *second.values()})}
    pairs = np.array(
        [(domain[first[unit]], domain[second[unit]]) for unit in shared], dtype=np.int64
    )
    value = _kappa(pairs, len(domain)) if shared else None
    if value is None:
        return None
    generator = np.random.default_rng(seed)
    rows = (generator.integers(len(pairs), size=len(pairs)) for _ in range(RESAMPLES))
    resampled = (_kappa(pairs[row], len(domain)) for row in rows)
    low, high = percentile_interval([k for k in resampled if k is not None] or [value])
    return Interval(value, low, high, len(pairs))


def _alpha(counts: NDArray[np.int64], domain: Sequence[Value], level: Level) -> float | None:
    if len(counts) == 0 or np.count_nonzero(counts.sum(axis=0)) < 2:
        return None
    values = np.arange(len(domain)) if isinstance(domain[0], str) else np.array(domain)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a value that no resampled unit has
        found = krippendorff.alpha(
            value_counts=counts, value_domain=values, level_of_measurement=level
        )
    return float(found) if np.isfinite(found) else None


def _kappa(pairs: NDArray[np.int64], size: int) -> float | None:
    table = np.zeros((size, size))
    np.add.at(table, (pairs[:, 0], pairs[:, 1]), 1 / len(pairs))
    expected = float(table.sum(axis=0) @ table.sum(axis=1))
    if expected >= 1:
        return None
    return (float(np.trace(table)) - expected) / (1 - expected)


def _binned(votes: Sequence[Vote]) -> Sequence[Vote]:
    """Numbers with at most a hundred distinct values, as the middles of equal bins."""
    values = np.array([float(vote.value) for vote in votes])
    if len(np.unique(values)) <= MOST_VALUES:
        return votes
    low, high = values.min(), values.max()
    width = (high - low) / MOST_VALUES
    bins = np.minimum((values - low) // width, MOST_VALUES - 1)
    return [
        Vote(vote.unit, vote.annotator, float(low + (place + 0.5) * width))
        for vote, place in zip(votes, bins, strict=True)
    ]
