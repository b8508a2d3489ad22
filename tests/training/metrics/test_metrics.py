"""Intervals against known values and against simulation; ranking figures against counting."""

from __future__ import annotations

import random

import pytest

from feedback.intervals import wilson
from training.metrics import mean, proportion, ranking_accuracy, separation


def test_wilson_equals_the_published_example() -> None:
    # 81 of 263: Newcombe 1998, table I, method 3.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    low, high = wilson(1.0, 10)
    assert high == pytest.approx(1.0)
    assert low == pytest.approx(0.7225, abs=1e-4)


def test_proportion_of_independent_rows_is_close_to_wilson() -> None:
    rng = random.Random(0)
    rows = [float(rng.random() < 0.7) for _ in range(400)]
    estimate = proportion(rows, range(400))
    assert estimate is not None
    low, high = wilson(estimate.value, 400)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=2e-3)


def test_rows_of_one_prompt_widen_the_interval() -> None:
    rows = [float(i % 2) for i in range(40) for _ in range(10)]
    prompts = [i for i in range(40) for _ in range(10)]
    clustered, independent = proportion(rows, prompts), proportion(rows, range(400))
    assert clustered is not None
    assert independent is not None
    ratio = (clustered.high - clustered.low) / (independent.high - independent.low)
    assert ratio == pytest.approx(10**0.5, rel=0.1)
    assert (clustered.n, clustered.prompts) == (400, 40)


def test_all_alike_counts_prompts_not_rows() -> None:
    estimate = proportion([1.0] * 50, [0] * 25 + [1] * 25)
    assert estimate is not None
    assert (estimate.low, estimate.high) == wilson(1.0, 2)


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_the_interval_covers_the_truth_in_clustered_data(share: float) -> None:
    rng = random.Random(1)
    hits = 0
    for _ in range(300):
        rows, prompts = [], []
        for prompt in range(40):
            here = rng.betavariate(4 * share, 4 * (1 - share))
            rows += [float(rng.random() < here) for _ in range(5)]
            prompts += [prompt] * 5
        estimate = proportion(rows, prompts)
        assert estimate is not None
        hits += estimate.low <= share <= estimate.high
    assert 0.91 <= hits / 300 <= 0.99


def test_mean_has_the_usual_interval_for_independent_rows() -> None:
    estimate = mean([1.0, 2.0, 3.0, 4.0], range(4))
    assert estimate is not None
    assert estimate.value == 2.5
    assert estimate.high - estimate.value == pytest.approx(1.96 * (5 / 3 / 4) ** 0.5, rel=1e-4)


def test_nothing_to_estimate() -> None:
    assert mean([], []) is None
    assert proportion([], []) is None


def test_ranking_counts_ties_half() -> None:
    estimate = ranking_accuracy([1.0, 2.0, 3.0], [0.0, 2.0, 4.0], range(3))
    assert estimate is not None
    assert estimate.value == 0.5


def test_separation_is_the_share_of_ordered_pairs() -> None:
    area, up, down = separation([3.0, 1.0], [2.0, 1.0])
    assert area == (1 + 1 + 0 + 0.5) / 4
    assert up is not None
    assert down is not None
    assert (up.value, down.value) == (2.0, 1.5)
    assert separation([1.0], [])[0] == 0.5
