"""Agreement: Krippendorff's alpha among all, Cohen's kappa between two, each with a bootstrap interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from feedback.quality.votes import Interval, Value, Vote, percentile_interval

Level = Literal["nominal", "ordinal", "interval"]
RESAMPLES = 200

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def alpha(votes: Sequence[Vote], level: Level, seed: int = 0) -> Interval | None:
    """Krippendorff's alpha (Krippendorff 2011), resampled by clusters of units; None where it is not defined.

    The interval's n is the number of clusters: units of one are alike, and tell less than as many others would.
    It is not defined without a unit that two annotators judged, nor where all values are equal. Nominal values
    may be texts, the others are numbers. Memory is a few numbers a vote, whatever the number of values.
    """
    table = _table(votes)
    clusters = int(table.clusters.max(initial=-1)) + 1
    value = _alpha(table, level, np.ones(len(table.sizes)))
    if value is None:
        return None
    generator = np.random.default_rng(seed)
    resampled = (
        _alpha(table, level, _times(generator, clusters)[table.clusters].astype(np.float64))
        for _ in range(RESAMPLES)
    )
    low, high = percentile_interval([one for one in resampled if one is not None] or [value])
    return Interval(value, low, high, clusters)


def kappa(
    first: Mapping[int, Value], second: Mapping[int, Value], seed: int = 0
) -> Interval | None:
    """Cohen's kappa (Cohen 1960) on the units that both judged; None where it is not defined."""
    shared = sorted(first.keys() & second.keys())
    values = sorted({*first.values(), *second.values()}, key=str)
    domain = {value: n for n, value in enumerate(values)}
    pairs = np.array([(domain[first[unit]], domain[second[unit]]) for unit in shared], np.int64)
    value = _kappa(pairs, len(domain)) if shared else None
    if value is None:
        return None
    generator = np.random.default_rng(seed)
    rows = (generator.integers(len(pairs), size=len(pairs)) for _ in range(RESAMPLES))
    resampled = (_kappa(pairs[row], len(domain)) for row in rows)
    low, high = percentile_interval([k for k in resampled if k is not None] or [value])
    return Interval(value, low, high, len(pairs))


@dataclass(frozen=True, slots=True)
class _Table:
    """Votes on units with at least two: each vote's unit and value, the distinct values, the units' sizes and clusters.

    `agreeing` is for each unit the equal pairs among its votes over what one vote is compared with.
    """

    units: Ints
    values: Ints
    domain: Sequence[Value]
    sizes: Ints
    clusters: Ints
    agreeing: Floats


def _table(votes: Sequence[Vote]) -> _Table:
    domain = sorted({vote.value for vote in votes}, key=lambda value: (str(type(value)), value))
    places = {value: n for n, value in enumerate(domain)}
    units = np.fromiter((vote.unit for vote in votes), np.int64, len(votes))
    values = np.fromiter((places[vote.value] for vote in votes), np.int64, len(votes))
    _, codes, sizes = np.unique(units, return_inverse=True, return_counts=True)
    shared = sizes[codes] >= 2
    own = (vote.unit if vote.cluster is None else vote.cluster for vote in votes)
    named = np.fromiter(own, np.int64, len(votes))[shared]
    _, first, codes, sizes = np.unique(
        codes[shared], return_index=True, return_inverse=True, return_counts=True
    )
    clusters = np.unique(named[first], return_inverse=True)[1]
    agreeing = _agreeing(codes, values[shared], sizes)
    return _Table(codes, values[shared], domain, sizes, clusters, agreeing)


def _agreeing(units: Ints, values: Ints, sizes: Ints) -> Floats:
    span = int(values.max(initial=0)) + 1
    found, same = np.unique(units * span + values, return_counts=True)
    pairs = np.bincount(found // span, same * (same - 1), minlength=len(sizes))
    return np.asarray(pairs / (sizes - 1), np.float64)


def _alpha(table: _Table, level: Level, times: Floats) -> float | None:
    """Alpha where each unit occurs so many times: 1 - (n - 1) observed / expected disagreement."""
    weight = times[table.units]
    counts = np.bincount(table.values, weight, minlength=len(table.domain)).astype(np.float64)
    n = float(counts.sum())
    if np.count_nonzero(counts) < 2:
        return None
    if level == "nominal":
        return _nominal(table, times, counts, n)
    numbers = _midranks(counts) if level == "ordinal" else np.array(table.domain, np.float64)
    # Shifted to their mean: sums of squares of large numbers would lose their last digits.
    shifted = (numbers - float(counts @ numbers) / n)[table.values]
    squares = _by_unit(table, shifted**2)
    sums = _by_unit(table, shifted)
    within = 2 * (table.sizes * squares - sums**2) / (table.sizes - 1)
    total, whole = float(weight @ shifted**2), float(weight @ shifted)
    expected = 2 * (n * total - whole**2)
    return 1 - (n - 1) * float(times @ within) / expected if expected > 0 else None


def _nominal(table: _Table, times: Floats, counts: Floats, n: float) -> float:
    return 1 - (n - 1) * (n - float(times @ table.agreeing)) / (n**2 - float(counts @ counts))


def _midranks(counts: Floats) -> Floats:
    """The middle rank of each value: the ordinal distance is the squared difference of these."""
    ends = np.cumsum(counts)
    return np.asarray(ends - counts / 2)


def _by_unit(table: _Table, values: Floats) -> Floats:
    summed = np.bincount(table.units, values, minlength=len(table.sizes))
    return summed.astype(np.float64)


def _times(generator: np.random.Generator, clusters: int) -> Ints:
    """How often each cluster occurs in a resample."""
    return np.bincount(generator.integers(clusters, size=clusters), minlength=clusters)


def _kappa(pairs: Ints, size: int) -> float | None:
    table = np.zeros((size, size))
    np.add.at(table, (pairs[:, 0], pairs[:, 1]), 1 / len(pairs))
    expected = float(table.sum(axis=0) @ table.sum(axis=1))
    if expected >= 1 - 1e-12:
        return None
    return (float(np.trace(table)) - expected) / (1 - expected)
