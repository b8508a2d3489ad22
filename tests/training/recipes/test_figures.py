"""What is measured on held-out pairs: groups, calibration, length and ties, on rewards that are known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from training.recipes.trl_support import evaluate_reward_model, held_out_pairs
from training.recipes.trl_support.rows import about
from training.sampling.local.reward_models import Card, RewardModel


class Words(RewardModel):
    """A reward of so much a word."""

    def __init__(self, price: float) -> None:
        super().__init__(Card())
        self.price = price

    def heads(self, conversations: Any, **_: Any) -> Any:
        """Counts words."""
        counts = [len(answer[0]["content"].split()) for _, answer in conversations]
        return np.array([[self.price * count] for count in counts], dtype=float)


def judged(make: Any, number: int, good: int, bad: int, **context: Any) -> Any:
    """A comparison between answers of so many words."""
    record = make.comparison(number, good="yes " * good, bad="no " * bad)
    return replace(record, context=replace(record.context, **context))


@pytest.fixture
def evidence(make: Any) -> list[tuple[str, Any]]:
    """Ann likes long answers about maths, Bob short ones of prose; one tie, one row to train on."""
    ann = [judged(make, n, 6, 2, annotator="ann", tags=("maths",)) for n in range(6)]
    bob = [judged(make, n, 2, 6, annotator="bob", tags=("prose", "short")) for n in range(6, 9)]
    tie = replace(judged(make, 9, 3, 4), outcome="tie")
    same = make.comparison(10, good="same", bad="same", outcome="tie")
    records = [("test", record) for record in (*ann, *bob, tie, same)]
    return [*records, ("train", judged(make, 11, 1, 9))]


def test_held_out_pairs_have_ties_and_say_whose_they_are(evidence: Any) -> None:
    rows = held_out_pairs(evidence)
    assert [row["tie"] for row in rows] == [False] * 9 + [True]
    assert rows[0]["about"] == {"annotator": "ann", "tags": ["maths"], "strength": 1.0}
    assert about(evidence[0][1].context)["strength"] is None  # where nobody was asked for one


def test_a_reward_of_words_is_measured_as_what_it_is(evidence: Any) -> None:
    found = evaluate_reward_model(Words(0.5), held_out_pairs(evidence), lambda: False)
    assert found["pairs"] == 9
    assert found["accuracy"]["value"] == pytest.approx(6 / 9)
    by = found["accuracy_by"]
    assert {k: v["value"] for k, v in by["tag"].items()} == {"maths": 1, "prose": 0, "short": 0}
    assert {k: v["value"] for k, v in by["annotator"].items()} == {"ann": 1, "bob": 0}
    assert set(by["strength"]) == {"1", "2", "3"}
    assert "length" not in by  # all pairs are equally long
    assert found["length_correlation"] == pytest.approx(1)
    assert (found["accuracy_longer"]["value"], found["accuracy_shorter"]["value"]) == (1, 0)
    assert (found["reward_longer"]["value"], found["people_longer"]["n"]) == (1, 9)
    claimed = 1 / (1 + math.exp(-2))
    assert found["reliability"] == [
        {"claimed": pytest.approx(claimed), "right": pytest.approx(6 / 9), "n": 9}
    ]
    assert found["ece"] == pytest.approx(claimed - 6 / 9)
    assert found["brier"]["value"] == pytest.approx((6 * (1 - claimed) ** 2 + 3 * claimed**2) / 9)
    assert found["tie_log_loss"]["n"] == 10


def test_without_pairs_there_are_no_figures(evidence: Any) -> None:
    ties = [row for row in held_out_pairs(evidence) if row["tie"]]
    assert evaluate_reward_model(Words(1.0), ties, lambda: False) == {"pairs": 0}
    decided = [row for row in held_out_pairs(evidence) if not row["tie"]]
    assert evaluate_reward_model(Words(1.0), decided, lambda: False)["tie_log_loss"] is None
