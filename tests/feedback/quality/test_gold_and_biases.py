"""Gold and biases: the sequential test's bounds, and intervals that accuse nobody on little."""

from __future__ import annotations

import numpy as np
import pytest

from feedback.quality.biases import Choice, biases, longest_run, run_chance
from feedback.quality.gold import BOUND, standing


def test_the_posterior_begins_at_the_prior_and_narrows() -> None:
    new = standing(0, 0)
    assert (new.mean, new.verdict, new.evidence) == (0.8, "open", 0)
    many = standing(90, 10)
    assert many.mean == pytest.approx(94 / 105)
    assert many.high - many.low < new.high - new.low
    assert many.low < 0.9 < many.high
    assert many.weight > new.weight > standing(2, 8).weight == 0


def test_wrong_answers_warn_and_then_pause() -> None:
    # Each wrong answer adds log(.45/.15) = 1.0986: two warn (2.197 >= 1.472), three pause (3.296 >= 2.944).
    assert round(BOUND, 3) == 2.944
    assert [standing(0, wrong).verdict for wrong in range(4)] == [
        "open",
        "open",
        "warned",
        "paused",
    ]
    assert standing(7, 0).verdict == "good"


def test_the_test_errs_as_rarely_as_it_says() -> None:
    generator = np.random.default_rng(0)

    def paused(accuracy: float) -> bool:
        right = wrong = 0
        for _ in range(200):
            hit = generator.random() < accuracy
            right, wrong = right + hit, wrong + (not hit)
            verdict = standing(right, wrong).verdict
            if verdict in ("good", "paused"):
                return verdict == "paused"
        return False

    assert np.mean([paused(0.85) for _ in range(400)]) < 0.08
    assert np.mean([paused(0.55) for _ in range(400)]) > 0.92


def choices(first: float, longer: float, n: int, seed: int = 0) -> list[Choice]:
    generator = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        place = 1 if generator.random() < first else 2
        lengths = (200, 100) if generator.random() < longer else (100, 200)
        made.append(Choice(place, 2, *lengths, seconds=float(generator.exponential(10))))
    return made


def test_a_bias_is_found_and_little_accuses_nobody() -> None:
    fair = biases(choices(0.5, 0.5, 400))
    assert fair.first is not None
    assert fair.first.low < 0 < fair.first.high
    left = biases(choices(0.8, 0.7, 400))
    assert left.first is not None
    assert left.longer is not None
    assert left.first.low > 0.2
    assert left.longer.low > 0.1
    few = biases(choices(1.0, 1.0, 3))
    assert few.first is not None
    assert few.first.low < 0.1
    none = biases([])
    assert (none.first, none.longer, none.seconds, none.streak) == (None, None, None, 0)


def test_runs() -> None:
    assert longest_run([1, 1, 2, 2, 2, 1]) == 3
    assert run_chance(2, 2) == pytest.approx(0.5)
    assert run_chance(3, 2) == pytest.approx(0.75)
    assert run_chance(3, 4) == 0
    assert run_chance(100, 30) < 1e-6
    generator = np.random.default_rng(0)
    simulated = [longest_run(list(generator.integers(2, size=50))) >= 8 for _ in range(4000)]
    assert run_chance(50, 8) == pytest.approx(float(np.mean(simulated)), abs=0.03)
