"""Evidence becomes rows, and what cannot be used is counted by reason."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from feedback.errors import InvalidInput
from feedback.evidence import Candidate, Ranking, Verdict
from training.recipes import RECIPES, get_recipe, parse_config
from training.recipes.trl_support.rows import balanced_weights, pair_rows, verdict_rows

IMAGE = Candidate(99, "", media={"type": "image", "url": "https://example.org/a.png"})


def test_a_comparison_becomes_one_conversational_row(make: Any) -> None:
    record = make.comparison(4, strength=3.0, weight=0.5)
    rows = pair_rows([("train", record), ("test", make.comparison(5, strength=1.0))])
    assert rows.train == [
        {
            "prompt": [{"role": "user", "content": "What about number 4?"}],
            "chosen": [{"role": "assistant", "content": "Of course! Number 4 is fine."}],
            "rejected": [{"role": "assistant", "content": "No idea. Number 4 is fine."}],
            "margin": 2.0,
            "weight": 0.5,
            "about": {"annotator": "", "tags": [], "strength": 3.0},
        }
    ]
    assert [row["margin"] for row in rows.test] == [0.0]
    assert rows.unusable == {}


def test_what_cannot_be_a_pair_is_counted(make: Any) -> None:
    records = [
        make.comparison(1, outcome="tie"),
        make.comparison(2, outcome="tie"),
        make.comparison(3, outcome="both_bad"),
        make.comparison(4, good="same", bad="same"),
        make.comparison(5, bad=" \n"),
        make.verdict(6, desirable=True),
        make.comparison(7, aspect="harmless"),
        dataclasses.replace(make.comparison(8), first=IMAGE),
    ]
    rows = pair_rows(("train", record) for record in records)
    assert rows.train == []
    assert rows.unusable == {
        "aspect": 1,
        "both_bad": 1,
        "empty": 1,
        "identical": 1,
        "image": 1,
        "not_a_comparison": 1,
        "tie": 2,
    }


def test_a_ranking_counts_as_all_its_pairs(make: Any) -> None:
    a, b, c = (Candidate(i, text) for i, text in enumerate(("best", "good", "also good")))
    rows = pair_rows([("train", Ranking(context=make.context(1, "Q"), tiers=((a,), (b, c))))])
    pairs = [(r["chosen"][0]["content"], r["rejected"][0]["content"]) for r in rows.train]
    assert pairs == [("best", "good"), ("best", "also good")]
    assert rows.unusable == {"tie": 1}


def test_verdicts_win_over_comparisons(make: Any) -> None:
    records = [("train", make.verdict(1, desirable=True)), ("train", make.comparison(2))]
    rows = verdict_rows(records)
    assert [row["label"] for row in rows.train] == [True]
    assert rows.unusable == {"not_a_verdict": 1}


def test_a_thumb_on_an_image_is_counted_and_hides_no_comparison(make: Any) -> None:
    seen = Verdict(context=make.context(1, "Q"), completion=IMAGE, desirable=True)
    assert verdict_rows([("train", seen)], unpair=False).unusable == {"image": 1}
    rows = verdict_rows([("train", seen), ("train", make.comparison(2))])
    assert [row["label"] for row in rows.train] == [True, False]


def test_without_verdicts_comparisons_are_unpaired_if_allowed(make: Any) -> None:
    records = [("train", make.comparison(2)), ("test", make.comparison(3))]
    rows = verdict_rows(records)
    assert [(r["label"], r["completion"][0]["content"][:2]) for r in rows.train] == [
        (True, "Of"),
        (False, "No"),
    ]
    assert len(rows.test) == 2
    assert verdict_rows(records, unpair=False).unusable == {"not_a_verdict": 2}


def test_weights_are_scaled_to_a_mean_of_one() -> None:
    scaled = balanced_weights([{"weight": 2.0}, {"weight": 6.0}])
    assert [row["weight"] for row in scaled] == [0.5, 1.5]
    assert balanced_weights([{"weight": 0.0}]) == [{"weight": 0.0}]


@pytest.mark.parametrize("name", ["reward_model", "dpo"])
def test_pair_recipes_need_eight_decided_comparisons(name: str) -> None:
    recipe = get_recipe(name)
    assert recipe.missing({"comparison_decided_train": 8}) == []
    assert len(recipe.missing({"comparison_decided_train": 7, "comparison": 100})) == 1
    assert len(recipe.missing({})) == 1


def test_kto_needs_both_signs_or_comparisons_alone() -> None:
    kto = get_recipe("kto")
    assert kto.missing({"verdict_up_train": 4, "verdict_down_train": 4}) == []
    assert kto.missing({"comparison_decided_train": 4}) == []
    assert len(kto.missing({"verdict_up_train": 4, "comparison_decided_train": 9})) == 1
    assert len(kto.missing({})) == 2


def test_an_unknown_recipe_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        get_recipe("ppo")
    assert caught.value.code == "unknown_recipe"


@pytest.mark.parametrize("name", list(RECIPES))
def test_a_wrong_config_names_every_field(name: str) -> None:
    recipe = get_recipe(name)
    with pytest.raises(InvalidInput) as caught:
        parse_config(recipe, {"epochs": -1, "colour": "red", "learning_rate": "x"})
    assert caught.value.code == "invalid_config"
    assert {d["where"] for d in caught.value.details} == {"epochs", "colour", "learning_rate"}
    defaults = parse_config(recipe, {})
    assert defaults.learning_rate is None
    assert parse_config(recipe, defaults.model_dump(mode="json")) == defaults
