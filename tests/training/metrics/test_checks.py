"""Calibration, length, groups, agreement and samples against obvious versions and simulation."""

from __future__ import annotations

import math
import random
from itertools import combinations

import pytest

from training.metrics import (
    Vote,
    best_of_curve,
    best_of_kl,
    brier,
    calibration_error,
    distinct,
    human_agreement,
    length_bias,
    log_loss,
    mean,
    proportion,
    quartiles,
    reliability,
    reward_agreement,
    sampled_kl,
    share_by,
    tie_log_loss,
    win_rate,
)
from training.metrics.agreement import ranks
from training.metrics.calibration import rao_kupper_loss, sigmoid, tie_threshold


def judged(n: int, scale: float = 1.0, seed: int = 0) -> list[float]:
    """Differences that are claimed, chosen minus rejected, where people follow `scale` times them."""
    rng = random.Random(seed)
    claimed = [rng.gauss(0, 2) for _ in range(n)]
    return [d if rng.random() < sigmoid(scale * d) else -d for d in claimed]


def test_a_calibrated_reward_has_little_error_and_a_bold_one_much() -> None:
    honest = calibration_error(reliability(judged(4000)))
    bold = calibration_error(reliability([4 * d for d in judged(4000)]))
    assert honest < 0.03
    assert bold > 0.1


def test_bins_equal_the_obvious_version() -> None:
    deltas = [*judged(200), 0.0, 0.0]
    bins = reliability(deltas)
    assert sum(b.n for b in bins) == 202
    assert sum(b.n * b.right for b in bins) == sum(d > 0 for d in deltas) + 1
    for found in bins:
        assert 0.5 <= found.claimed <= 1
    last = [d for d in deltas if sigmoid(abs(d)) >= 0.95]
    assert bins[-1].n == len(last)
    assert bins[-1].right == pytest.approx(sum(d > 0 for d in last) / len(last))
    assert calibration_error([]) == 0.0


def test_scores_of_saying_nothing() -> None:
    square, loss = brier([0.0, 0.0], [1, 2]), log_loss([0.0, 0.0], [1, 2])
    assert square is not None
    assert loss is not None
    assert square.value == 0.25
    assert loss.value == pytest.approx(math.log(2))
    far = log_loss([-1e6, 1e6], [1, 2])
    assert far is not None
    assert far.value == 5e5


def test_the_threshold_is_the_likeliest_one() -> None:
    rng = random.Random(1)
    deltas = [rng.gauss(0, 1) for _ in range(300)]
    ties = [rng.random() < 0.3 for _ in deltas]

    def total(a: float) -> float:
        return sum(rao_kupper_loss(d, t, a) for d, t in zip(deltas, ties, strict=True))

    best = tie_threshold(deltas, ties)
    assert total(best) < min(total(best - 0.01), total(best + 0.01))
    assert tie_threshold([1.0], [False]) < 0.01


def test_tie_log_loss_is_that_of_the_truth_where_the_reward_is_the_truth() -> None:
    rng = random.Random(2)
    deltas, ties = [], []
    for _ in range(3000):
        d, a = rng.gauss(0, 1), 0.6
        roll = rng.random()
        up, down = sigmoid(d - a), sigmoid(-d - a)
        ties.append(roll >= up + down)
        deltas.append(d if roll < up or ties[-1] else -d)
    found = tie_log_loss(deltas, ties, list(range(3000)))
    truth = sum(rao_kupper_loss(d, t, 0.6) for d, t in zip(deltas, ties, strict=True)) / 3000
    assert found is not None
    assert found.value == pytest.approx(truth, abs=0.003)
    worse = tie_log_loss([3 * d for d in deltas], ties, list(range(3000)))
    assert worse is not None
    assert worse.low > found.value
    assert tie_log_loss([1.0], [False], [0]) is None


def test_annotators_widen_the_interval_too() -> None:
    """Ten annotators of one mind each: their number counts, not that of their votes."""
    rows = [float(a % 2) for a in range(10) for _ in range(40)]
    annotators = [a for a in range(10) for _ in range(40)]
    both, prompts = proportion(rows, range(400), annotators), proportion(rows, range(400))
    assert both is not None
    assert prompts is not None
    ratio = (both.high - both.low) / (prompts.high - prompts.low)
    assert ratio == pytest.approx(40**0.5, rel=0.2)
    alone = proportion(rows, range(400), ["a"] * 400)
    assert alone == prompts


def test_two_way_intervals_cover_the_truth() -> None:
    rng, hits = random.Random(3), 0
    for _ in range(200):
        tastes = [rng.gauss(0, 0.5) for _ in range(30)]
        values, prompts, annotators = [], [], []
        for prompt in range(40):
            here = rng.gauss(0, 0.5)
            for annotator in rng.sample(range(30), 6):
                values.append(here + tastes[annotator] + rng.gauss(0, 0.5))
                prompts.append(prompt)
                annotators.append(annotator)
        found = mean(values, prompts, annotators)
        assert found is not None
        hits += found.low <= 0 <= found.high
    assert 0.9 <= hits / 200 <= 0.99


def test_groups_are_counted_apart() -> None:
    found = share_by([1, 0, 1, 1], range(4), "abab", [["x"], ["x", "y"], [], ["y"]])
    assert {name: (e.value, e.n) for name, e in found.items()} == {"x": (0.5, 2), "y": (0.5, 2)}
    many = share_by([1.0] * 60, range(60), ["a"] * 60, [[str(n // 2)] for n in range(60)])
    assert len(many) == 20


def test_quartiles_cover_all_and_keep_equals_together() -> None:
    names = quartiles([float(n) for n in range(8)])
    assert names == [f"{q + 1}: {2 * q} to {2 * q + 1}" for q in range(4) for _ in range(2)]
    assert len(set(quartiles([5.0] * 9))) == 1
    assert quartiles([]) == []


def test_a_reward_of_length_alone_is_seen_through() -> None:
    rng = random.Random(4)
    lengths = [rng.gauss(0, 10) for _ in range(500)]
    paid = length_bias([0.1 * n for n in lengths], lengths, range(500))
    assert paid.correlation == pytest.approx(1)
    assert paid.effect == pytest.approx(1)
    assert paid.accuracy_longer is not None
    assert paid.accuracy_shorter is not None
    assert paid.people_longer is not None
    assert paid.reward_longer is not None
    assert (paid.accuracy_longer.value, paid.accuracy_shorter.value) == (1, 0)
    assert paid.reward_longer.value == 1
    assert paid.people_longer.value == pytest.approx(0.5, abs=0.07)
    turned = length_bias([-0.1 * n for n in lengths], [-n for n in lengths], range(500))
    assert turned.correlation == pytest.approx(1)  # which side is called first does not matter


def test_people_who_like_length_are_no_bias_of_the_reward() -> None:
    """The reward follows the preference alone: correlated with length, yet without an effect."""
    rng = random.Random(5)
    lengths = [abs(rng.gauss(0, 10)) * (1 if rng.random() < 0.9 else -1) for _ in range(2000)]
    deltas = [1 + rng.gauss(0, 1) for _ in lengths]
    found = length_bias(deltas, lengths, range(2000))
    assert found.correlation is not None
    assert found.effect is not None
    assert found.correlation > 0.3
    assert abs(found.effect) < 0.06
    assert length_bias([1.0], [2.0], [0]).effect is None


def test_people_agree_as_often_as_two_of_their_votes() -> None:
    votes = [
        Vote("p", 1, "a", "left"),
        Vote("p", 1, "b", "left"),
        Vote("p", 1, "c", "right"),
        Vote("q", 2, "a", "left"),
        Vote("q", 2, "a", "right"),
        Vote("r", 3, "a", "left"),
    ]
    between, within = human_agreement(votes)
    assert between is not None
    assert within is not None
    assert (between.value, between.n) == pytest.approx((1 / 3, 1))
    assert (within.value, within.n) == (0.0, 1)
    assert human_agreement([]) == (None, None)


def test_rewards_agree_whatever_their_scale() -> None:
    ours = judged(100)
    share, rank = reward_agreement(ours, [7 * d**3 for d in ours], range(100))
    assert share is not None
    assert rank is not None
    assert (share.value, rank) == pytest.approx((1, 1))
    share, rank = reward_agreement(ours, [-d for d in ours], range(100))
    assert share is not None
    assert rank is not None
    assert (share.value, rank) == pytest.approx((0, -1))
    assert ranks([3.0, 1.0, 3.0]) == [2.5, 1.0, 2.5]
    assert reward_agreement([1.0, 1.0], [1.0, 2.0], [0, 1])[1] is None


def test_the_best_of_n_equals_all_choices() -> None:
    proxy, gold = [[3.0, 1.0, 2.0, 5.0]], [[0.0, 4.0, 1.0, -2.0]]
    for point in best_of_curve(proxy, gold):
        picks = [max(c, key=lambda i: proxy[0][i]) for c in combinations(range(4), point.n)]
        assert point.proxy == pytest.approx(sum(proxy[0][i] for i in picks) / len(picks))
        assert point.gold == pytest.approx(sum(gold[0][i] for i in picks) / len(picks))
    assert [p.n for p in best_of_curve([[1.0] * 7, [1.0] * 9])] == [1, 2, 4]
    assert best_of_curve([]) == []
    constants = [round(best_of_kl(n), 3) for n in (4, 16, 64, 256)]
    assert constants == [0.636, 1.835, 3.175, 4.549]


def test_kl_equals_the_true_one_in_the_long_run() -> None:
    rng, share, other = random.Random(6), 0.8, 0.5
    heads = [rng.random() < share for _ in range(5000)]
    logps = [math.log(share if h else 1 - share) for h in heads]
    reference = [math.log(other)] * 5000
    found = sampled_kl(logps, reference, range(5000))
    truth = share * math.log(share / other) + (1 - share) * math.log((1 - share) / other)
    assert found is not None
    assert found.low < truth < found.high
    assert found.value == pytest.approx(truth, abs=0.02)


def test_words_are_distinct_or_not() -> None:
    assert distinct(["a b a b", "a b"], 2) == pytest.approx(2 / 4)
    assert distinct(["a b c"], 1) == 1.0
    assert distinct(["word"], 2) is None


def test_a_tie_is_half_a_win() -> None:
    found = win_rate([2.0, 1.0, 0.0], [1.0, 1.0, 3.0], range(3))
    assert found is not None
    assert found.value == 0.5
