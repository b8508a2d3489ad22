"""Comparisons, ties, amounts and revisions become rows of pairs, with the labels that losses read."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from feedback.errors import InvalidInput
from feedback.evidence import Candidate, Score
from training.recipes import get_recipe
from training.recipes.dpo import rows_for
from training.recipes.preference_support.direct_config import DpoConfig
from training.recipes.preference_support.labels import Labelling, labelled
from training.recipes.preference_support.noise import flip_rate
from training.recipes.preference_support.pairs import Wanted, preference_rows


def texts(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [tuple(row[side][0]["content"][:2] for side in ("chosen", "rejected")) for row in rows]


def train(*records: Any) -> list[tuple[str, Any]]:
    return [("train", record) for record in records]


def test_ties_amounts_and_revisions_become_pairs(make: Any) -> None:
    records = train(
        make.comparison(1),
        make.comparison(2, outcome="tie"),
        make.amount(3, value=2.5),
        make.amount(4, value=-2.5),
        make.amount(5, value=0.0),
        make.critique(6, revision="Of course! Better."),
    )
    rows = preference_rows(records, Wanted(ties=True))
    assert texts(rows.train) == [
        ("Of", "No"),
        ("No", "Of"),  # a tie stands as it was stored
        ("Of", "No"),
        ("No", "Of"),  # the worse side was worth paying for
        ("Of", "No"),
        ("Of", "No"),
    ]
    assert [row["tie"] for row in rows.train] == [False, True, False, False, True, False]
    assert [row["amount"] for row in rows.train] == [None, None, 2.5, 2.5, 0.0, None]
    plain = preference_rows(records, Wanted())
    assert len(plain.train) == 4
    assert plain.unusable == {"equal_amount": 1, "tie": 1}
    bare = preference_rows(records, Wanted(amounts=False, revisions=False))
    assert len(bare.train) == 1
    assert bare.unusable == {"not_a_comparison": 3, "revision": 1, "tie": 1}
    priced = preference_rows(records, Wanted(only_amounts=True))
    assert [row["amount"] for row in priced.train] == [2.5, 2.5, 0.0]
    assert priced.unusable == {"no_amount": 2, "tie": 1}


def test_flaws_are_counted(make: Any) -> None:
    image = Candidate(9, "", media={"type": "image", "url": "https://example.org/a.png"})
    same = make.comparison(1, outcome="tie", good="same", bad="same")
    records = train(
        same,
        dataclasses.replace(make.amount(2), other=image),
        make.critique(3, revision=" "),
        make.critique(4, revision=make.critique(4).completion.text),
        make.critique(5, revision=None),
        make.verdict(6, desirable=True),
    )
    rows = preference_rows(records, Wanted(ties=True))
    assert rows.train == []
    assert rows.unusable == {
        "empty": 1,
        "identical": 1,
        "image": 1,
        "not_a_comparison": 2,
        "unchanged": 1,
    }


def test_targets_are_in_typical_amounts_of_each_annotator(make: Any) -> None:
    """Somebody who pays ten times as much for everything says the same; an outlier is held."""

    def by(name: str, number: int, value: float) -> Score:
        one: Score = make.amount(number, value=value)
        return dataclasses.replace(one, context=dataclasses.replace(one.context, annotator=name))

    modest = [by("a", n, 1.0) for n in range(50)]
    rich = [by("b", 100 + n, 10.0) for n in range(50)]
    rows = preference_rows(train(*modest, *rich, by("a", 300, 1000.0)), Wanted())
    targets = [row["target"] for row in labelled(rows, Labelling(amount_scale=2)).train]
    assert max(targets) == 6.0  # three typical amounts at most
    assert targets[0] == pytest.approx(2.0, rel=0.2)
    assert targets[0] / targets[60] == pytest.approx(0.85, abs=0.02)  # not 0.1


def test_margins_probabilities_and_weights(make: Any) -> None:
    records = train(make.comparison(2), make.comparison(1, outcome="tie"), make.comparison(3))
    rows = preference_rows(records, Wanted(ties=True))
    hard = labelled(rows, Labelling(margin_scale=0.5)).train
    assert [row["margin"] for row in hard] == [1.0, 0.0, 0.0]  # strengths 3, tie, 1
    assert [row["probability"] for row in hard] == [1.0, 0.5, 1.0]
    soft = labelled(rows, Labelling(soft_scale=2, weigh_by_size=True)).train
    sure = [1 / (1 + math.exp(-1.5)), 0.5, 1 / (1 + math.exp(-0.5))]
    assert [row["probability"] for row in soft] == pytest.approx(sure)
    assert [row["weight"] for row in soft] == [3.0, 1.0, 1.0]


def test_margins_of_an_aspect_are_its_difference(make: Any) -> None:
    """Multi-objective DPO: the ratings of the two answers of the pair, averaged over annotators."""
    pair = make.comparison(1)
    good, bad = pair.ordered()
    scores = [
        Score(context=pair.context, completion=one, aspect=aspect, value=v, low=v, high=v)
        for one, aspect, v in [
            (good, "brief", 1.0),
            (good, "brief", 2.0),
            (bad, "brief", 4.0),
            (bad, "warm", 9.0),
        ]
    ]
    config = DpoConfig(loss="margin", margin_aspect="brief", margin_scale=0.5)
    rows = rows_for(train(*scores, pair, make.comparison(2)), config)
    assert [row["margin"] for row in rows.train] == [-1.25, 0.0]
    with pytest.raises(InvalidInput, match="rated on 'brief'") as caught:
        rows_for(train(pair), config)
    assert caught.value.code == "unknown_aspect"


def test_the_flip_rate_is_measured_from_repeats_or_reliabilities(make: Any) -> None:
    """Each of 400 pairs judged twice, every fifth judgment turned round: they differ .32 of the time."""
    records = []
    for n in range(400):
        for again in range(2):
            wrong = (n * 7 + again * 3) % 5 == 0
            one = make.comparison(2 * n + 1)
            records.append(dataclasses.replace(one, outcome="second" if wrong else "first"))
    rows = preference_rows(train(*records), Wanted()).train
    differ = sum(((n * 7) % 5 == 0) != ((n * 7 + 3) % 5 == 0) for n in range(400)) / 400
    measured = flip_rate(rows, reliabilities=False)
    assert measured == pytest.approx((1 - math.sqrt(1 - 2 * differ)) / 2)
    assert flip_rate(rows[::2], reliabilities=False) == 0.1  # no pair twice
    sure = [{**row, "weight": math.log(9)} for row in rows[:20]]
    assert flip_rate(sure, reliabilities=True) == pytest.approx(0.1)
    unsure = [{**row, "weight": 0.0} for row in rows[:20]]
    assert flip_rate(unsure, reliabilities=True) == 0.4


def test_dpo_counts_everything_that_decides() -> None:
    recipe = get_recipe("dpo")
    some = {"comparison_decided_train": 3, "amount_decided_train": 3}
    assert recipe.missing({**some, "revision_train": 2}) == []
    assert len(recipe.missing(some)) == 1


@pytest.mark.parametrize(
    ("counts", "config", "said"),
    [
        ({"comparison_decided_train": 20}, {}, "20 pairs"),
        ({"comparison_decided_train": 200, "tie_train": 100}, {}, "100 ties are left out"),
        (
            {"comparison_decided_train": 200, "amount_train": 9, "amount_decided_train": 9},
            {},
            "direction",
        ),
        ({"amount_decided_train": 200}, {"loss": "squared", "beta": 0.01}, "100 nats"),
        ({"comparison_decided_train": 200}, {"beta": 5}, "beta of 5"),
        ({"comparison_decided_train": 200}, {"beta": 1e-9}, "hardly holds the policy"),
        ({"comparison_decided_train": 200}, {"learning_rate": 1}, "far above"),
        ({"comparison_decided_train": 200, "prompts_test": 0}, {}, "No prompts are held out"),
        (
            {"comparison_decided_train": 200},
            {"loss": "aot", "micro_batch_size": 4},
            "compares 4 rows",
        ),
    ],
)
def test_warnings_are_sentences(counts: dict[str, int], config: dict[str, Any], said: str) -> None:
    recipe, enough = get_recipe("dpo"), {"prompts_test": 100}
    found = recipe.warnings({**enough, **counts}, DpoConfig.model_validate(config))
    assert [said in sentence and sentence.endswith(".") for sentence in found] == [True]


def test_a_quiet_config_has_no_warnings() -> None:
    counts = {"prompts_test": 100, "comparison_decided_train": 200, "tie_train": 100}
    found = get_recipe("dpo").warnings(counts, DpoConfig(loss="rao_kupper"))
    assert found == []
