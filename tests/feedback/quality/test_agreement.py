"""Agreement: alpha by a slow sum over pairs of votes, kappa by hand, and intervals that hold the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import permutations, product

import krippendorff
import numpy as np
import pytest

from feedback.quality.agreement import Level, alpha, kappa
from feedback.quality.figures import figures_of
from feedback.quality.votes import Answered, Value, Vote, share


def slow_alpha(votes: Sequence[Vote], distance: Callable[[Value, Value], float]) -> float:
    """One minus observed over expected disagreement, pair of votes by pair of votes."""
    units: dict[int, list[Value]] = {}
    for vote in votes:
        units.setdefault(vote.unit, []).append(vote.value)
    units = {unit: values for unit, values in units.items() if len(values) > 1}
    total = sum(len(values) for values in units.values())
    observed = sum(
        sum(distance(a, b) for a, b in permutations(values, 2)) / (len(values) - 1)
        for values in units.values()
    )
    counts = Counter(value for values in units.values() for value in values)
    pairs = product(counts.items(), repeat=2)
    expected = sum(n * m * distance(a, b) for (a, n), (b, m) in pairs) / (total - 1)
    return 1 - observed / expected


def crowd(values: int, noise: float, seed: int = 1, units: int = 300) -> list[Vote]:
    """Three of five annotators on each unit; with probability `noise` one of them guesses."""
    generator = np.random.default_rng(seed)
    votes = []
    for unit in range(units):
        truth = generator.integers(values)
        for name in generator.choice(5, 3, replace=False):
            guess = generator.random() < noise
            value = generator.integers(values) if guess else truth
            votes.append(Vote(unit, f"annotator-{name}", float(value)))
    return votes


@pytest.mark.parametrize("noise", [0.1, 0.5])
def test_alpha_equals_the_sum_over_pairs(noise: float) -> None:
    votes = crowd(4, noise)
    nominal = alpha(votes, "nominal")
    interval = alpha(votes, "interval")
    assert nominal is not None
    assert interval is not None
    assert nominal.value == pytest.approx(slow_alpha(votes, lambda a, b: float(a != b)))
    squared = slow_alpha(votes, lambda a, b: (float(a) - float(b)) ** 2)
    assert interval.value == pytest.approx(squared)
    assert nominal.low < nominal.value < nominal.high


def test_texts_are_nominal_values() -> None:
    numbers = crowd(2, 0.3)
    texts = [Vote(v.unit, v.annotator, "left" if v.value else "tie") for v in numbers]
    assert alpha(texts, "nominal") == alpha(numbers, "nominal")


def test_agreement_is_one_zero_or_not_defined() -> None:
    perfect = alpha(crowd(3, 0.0), "nominal")
    assert perfect is not None
    assert perfect.value == pytest.approx(1)
    chance = alpha(crowd(3, 1.0, units=2000), "nominal")
    assert chance is not None
    assert chance.low < 0 < chance.high
    assert alpha([], "nominal") is None
    assert alpha([Vote(1, "a", "x"), Vote(1, "b", "x")], "nominal") is None
    assert alpha([Vote(1, "a", "x"), Vote(2, "b", "y")], "nominal") is None


def test_the_bootstrap_interval_is_as_wide_as_the_spread_of_samples() -> None:
    found = [alpha(crowd(3, 0.4, seed=seed), "nominal") for seed in range(30)]
    values = [one.value for one in found if one is not None]
    widths = [one.high - one.low for one in found if one is not None]
    assert np.mean(widths) == pytest.approx(4 * np.std(values), rel=0.4)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_alpha_is_that_of_the_krippendorff_package(level: Level) -> None:
    votes = [Vote(v.unit, v.annotator, float(v.value) ** 2) for v in crowd(5, 0.4)]
    units, names = {v.unit for v in votes}, [f"annotator-{n}" for n in range(5)]
    table = np.full((5, len(units)), np.nan)
    for vote in votes:
        table[names.index(vote.annotator), vote.unit] = vote.value
    found = alpha(votes, level)
    assert found is not None
    known = krippendorff.alpha(reliability_data=table, level_of_measurement=level)
    assert found.value == pytest.approx(known)


def test_alpha_of_amounts_far_from_zero_is_exact() -> None:
    near = crowd(4, 0.4)
    far = [Vote(v.unit, v.annotator, float(v.value) + 1e7) for v in near]
    here, there = alpha(near, "interval"), alpha(far, "interval")
    assert here is not None
    assert there is not None
    assert there.value == pytest.approx(here.value, abs=1e-6)


def test_kappa() -> None:
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: observed .7, expected .5, kappa .4 (Cohen 1960).
    table = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    first = {unit: a for unit, (a, _) in enumerate(table)}
    second = {unit: b for unit, (_, b) in enumerate(table)}
    found = kappa(first, second)
    assert found is not None
    assert found.value == pytest.approx(0.4)
    assert found.n == 50
    assert found.low < 0.4 < found.high
    assert kappa(first, {}) is None
    assert kappa({1: "y"}, {1: "y"}) is None


def test_share() -> None:
    half = share(5, 10)
    assert (half.low, half.high) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert share(0, 0).low == 0
    assert share(0, 0).high == 1


def test_units_of_a_cluster_are_resampled_together() -> None:
    votes = crowd(2, 0.5, units=60)
    alike = [
        Vote(10 * v.unit + copy, v.annotator, v.value, cluster=v.unit)
        for v in votes
        for copy in range(5)
    ]
    apart = [Vote(v.unit, v.annotator, v.value) for v in alike]
    once, whole, naive = (alpha(some, "nominal") for some in (votes, alike, apart))
    assert once is not None
    assert whole is not None
    assert naive is not None
    assert (whole.n, naive.n) == (60, 300)
    # Five copies of each item tell no more than one, and only clusters know it.
    assert whole.high - whole.low == pytest.approx(once.high - once.low, rel=0.1)
    assert naive.high - naive.low < 0.6 * (once.high - once.low)


def test_thumbs_over_several_completions_are_measured_one_by_one() -> None:
    """Two people who differ in one completion of four agree on the other three."""
    generator = np.random.default_rng(3)
    answers = []
    for item in range(40):
        truth = generator.random(4) < 0.5
        for name in ("a", "b"):
            thumbs = truth.copy()
            if name == "b":
                thumbs[generator.integers(4)] ^= True
            answers.append(answered(item, name, ["+" if up else "-" for up in thumbs]))
    found = figures_of(answers, "nominal")
    votes = [
        Vote(4 * one.item + n, one.annotator, value)
        for one in answers
        for n, value in enumerate(one.parts)
    ]
    slow = slow_alpha(votes, lambda a, b: float(a != b))
    assert found["alpha"]["value"] == pytest.approx(slow)
    assert 0.3 < slow < 0.7  # three of four agree
    assert found["alpha"]["n"] == 40
    assert found["pairs"]["cells"][0]["n"] == 160
    assert (
        found["consensus"]["unanimous"] == 0
    )  # as whole answers, which are what a reviewer decides
    assert {row["item"] for row in found["contested"]} == set(range(40))


def answered(item: int, name: str, parts: list[str]) -> Answered:
    """A person's thumbs, as figures read them."""
    return Answered(
        item=item,
        annotator=name,
        source="human",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        value="".join(parts),
        chosen=None,
        place=None,
        order=None,
        completions=tuple(range(len(parts))),
        lengths=(1,) * len(parts),
        seconds=None,
        tags=(),
        parts=parts,
    )
