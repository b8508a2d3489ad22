"""A crowd with spammers and annotators who always choose the left: they are found, and what that gains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import DawidSkene as CrowdKit

from feedback.quality.consensus import consensus
from feedback.quality.reliability import PLACES, Preference, crowd_bt, dawid_skene
from feedback.quality.votes import Placed, Vote

PAIRS, WORKERS, VOTES = 400, 25, 5


def crowd(bad: dict[str, float], *, turning: bool = True) -> tuple[list[Placed], dict[int, int]]:
    """Votes, each with sides by chance, and which is better; `bad` gives the share of each sort of annotator."""
    generator = np.random.default_rng(0)
    sorts = [sort for sort, share in bad.items() for _ in range(round(share * WORKERS))]
    sorts += ["good"] * (WORKERS - len(sorts))
    truth = {pair: int(generator.integers(2)) for pair in range(PAIRS)}
    votes = []
    for pair, better in truth.items():
        for worker in generator.choice(WORKERS, VOTES, replace=False):
            turned = turning and bool(generator.integers(2))
            place = _vote(sorts[worker], PLACES[better ^ turned], generator)
            votes.append(Placed(pair, f"{sorts[worker]}-{worker}", place, turned))
    return votes, truth


def _vote(sort: str, better: str, generator: np.random.Generator) -> str:
    if sort == "left":
        return "left"
    if sort == "spammer":
        return str(generator.choice(["left", "right"]))
    other = {"left": "right", "right": "left"}[better]
    return better if generator.random() < 0.85 else other


def chosen(vote: Placed) -> int:
    """The stored index that the vote prefers."""
    return PLACES.index(vote.place) ^ vote.turned


def right(found: dict[int, int], truth: dict[int, int]) -> float:
    return float(np.mean([found[unit] == value for unit, value in truth.items()]))


def majority(votes: list[Placed]) -> dict[int, int]:
    plain = consensus([Vote(v.unit, v.annotator, float(chosen(v))) for v in votes])
    return {unit: int(one.value) for unit, one in plain.items()}


@pytest.mark.parametrize(("sort", "share"), [("left", 0.4), ("spammer", 0.4)])
def test_bad_annotators_are_found_and_the_consensus_gains(sort: str, share: float) -> None:
    votes, truth = crowd({sort: share})
    fit = dawid_skene(votes)
    found = {unit: int(row[:2].argmax()) for unit, row in fit.units.items()}
    assert right(found, truth) > right(majority(votes), truth) + 0.02
    accuracy = {name: fit.reliability(name).accuracy for name in fit.confusions}
    weights = {name: fit.reliability(name).weight for name in fit.confusions}
    bad = [name for name in accuracy if name.startswith(sort)]
    good = [name for name in accuracy if name.startswith("good")]
    assert max(accuracy[name] for name in bad) < min(accuracy[name] for name in good)
    assert np.mean([accuracy[name] for name in good]) == pytest.approx(0.85, abs=0.08)
    assert np.mean([accuracy[name] for name in bad]) == pytest.approx(0.5, abs=0.08)
    assert 3 * max(weights[name] for name in bad) < np.mean([weights[name] for name in good])


def test_without_turned_sides_it_is_crowd_kit() -> None:
    votes, _ = crowd({"left": 0.2}, turning=False)
    frame = pd.DataFrame(
        [(v.unit, v.annotator, v.place) for v in votes], columns=["task", "worker", "label"]
    )
    known: Any = CrowdKit(n_iter=100, tol=1e-7).fit(frame)
    fit = dawid_skene(votes)
    for unit, row in fit.units.items():
        theirs = known.probas_.loc[unit]
        assert row[:2] == pytest.approx([theirs["left"], theirs["right"]], abs=0.01)
    for name, confusion in fit.confusions.items():
        theirs = (
            known.errors_.loc[name]
            .reindex(index=PLACES[:2], columns=PLACES[:2], fill_value=0)
            .to_numpy()
        )
        assert confusion[:2, :2] == pytest.approx(theirs.T, abs=0.01)


def test_few_votes_neither_accuse_nor_crown() -> None:
    votes, _ = crowd({})
    new = [Placed(0, "new", "left"), Placed(1, "new", "left")]
    weight = dawid_skene([*votes, *new]).reliability("new").weight
    assert 0.3 < weight < 2.0


def test_a_confusion_tells_always_left_from_guessing() -> None:
    votes, _ = crowd({"left": 0.2, "spammer": 0.2})
    fit = dawid_skene(votes)
    left = PLACES.index("left")
    always = [c[:2, left].min() for name, c in fit.confusions.items() if name.startswith("left")]
    guess = [c[:2, left].max() for name, c in fit.confusions.items() if name.startswith("spam")]
    assert min(always) > 0.95
    assert max(guess) < 0.8
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
