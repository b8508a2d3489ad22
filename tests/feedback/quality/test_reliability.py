"""A crowd with spammers and annotators who always choose the left: they are found, and what that gains."""

from __future__ import annotations

import numpy as np
import pytest

from feedback.quality.consensus import consensus
from feedback.quality.reliability import Preference, crowd_bt, dawid_skene
from feedback.quality.votes import Vote

PAIRS, WORKERS, VOTES = 400, 25, 5


def crowd(bad: dict[str, float], seed: int = 0) -> tuple[list[Vote], dict[int, str]]:
    """Votes in positions on the screen, and the truth; `bad` gives the share of each sort of annotator."""
    generator = np.random.default_rng(seed)
    sorts = [sort for sort, share in bad.items() for _ in range(round(share * WORKERS))]
    sorts += ["good"] * (WORKERS - len(sorts))
    truth = {pair: str(generator.choice(["left", "right"])) for pair in range(PAIRS)}
    votes = []
    for pair, better in truth.items():
        for worker in generator.choice(WORKERS, VOTES, replace=False):
            value = _vote(sorts[worker], better, generator)
            votes.append(Vote(pair, f"{sorts[worker]}-{worker}", value))
    return votes, truth


def _vote(sort: str, better: str, generator: np.random.Generator) -> str:
    if sort == "left":
        return "left"
    if sort == "spammer":
        return str(generator.choice(["left", "right"]))
    other = {"left": "right", "right": "left"}[better]
    return better if generator.random() < 0.85 else other


def right(found: dict[int, str], truth: dict[int, str]) -> float:
    return float(np.mean([found[unit] == value for unit, value in truth.items()]))


@pytest.mark.parametrize(("sort", "share"), [("left", 0.3), ("spammer", 0.4)])
def test_bad_annotators_are_found_and_the_consensus_gains(sort: str, share: float) -> None:
    votes, truth = crowd({sort: share})
    fit = dawid_skene(votes)
    found = {unit: str(fit.domain[int(row.argmax())]) for unit, row in fit.units.items()}
    majority = {unit: str(one.value) for unit, one in consensus(votes).items()}
    assert right(found, truth) > right(majority, truth) + 0.02
    accuracy = {name: fit.accuracy(name) for name in fit.confusions}
    bad = [value for name, value in accuracy.items() if name.startswith(sort)]
    good = [value for name, value in accuracy.items() if name.startswith("good")]
    assert max(bad) < min(good)
    assert np.mean(good) == pytest.approx(0.85, abs=0.08)
    assert np.mean(bad) == pytest.approx(0.5, abs=0.08)


def test_a_confusion_tells_always_left_from_guessing() -> None:
    votes, _ = crowd({"left": 0.2, "spammer": 0.2})
    fit = dawid_skene(votes)
    left = list(fit.domain).index("left")
    always = [c[:, left].min() for name, c in fit.confusions.items() if name.startswith("left")]
    guess = [c[:, left].max() for name, c in fit.confusions.items() if name.startswith("spam")]
    assert min(always) > 0.95
    assert max(guess) < 0.75
    for confusion in fit.confusions.values():
        assert confusion.sum(axis=1) == pytest.approx(1)


def test_crowd_bt_finds_who_guesses() -> None:
    generator = np.random.default_rng(3)
    utility = generator.normal(0, 2, 60)
    preferences = []
    for n in range(3000):
        worker = n % 20
        a, b = generator.choice(60, 2, replace=False)
        agrees = generator.random() < 1 / (1 + np.exp(utility[b] - utility[a]))
        if worker < 6:
            agrees = generator.random() < 0.5
        better, worse = (a, b) if agrees else (b, a)
        name = f"{'spammer' if worker < 6 else 'good'}-{worker}"
        preferences.append(Preference(name, int(better), int(worse)))
    eta = crowd_bt(preferences)
    spammers = [value for name, value in eta.items() if name.startswith("spammer")]
    good = [value for name, value in eta.items() if name.startswith("good")]
    assert max(spammers) < 0.75 < min(good)


def test_weights_change_the_consensus() -> None:
    votes = [Vote(1, "a", "left"), Vote(1, "b", "right"), Vote(1, "c", "right")]
    assert consensus(votes)[1].value == "right"
    weighted = consensus(votes, {"a": 3.0, "b": 0.5, "c": 0.5})[1]
    assert (weighted.value, weighted.share, weighted.votes) == ("left", 0.75, 3)
    assert weighted.entropy == pytest.approx(0.8113, abs=1e-4)
    assert consensus(votes, dict.fromkeys("abc", 0.0)) == {}
