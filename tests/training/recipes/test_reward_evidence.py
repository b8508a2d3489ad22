"""Reward models from rankings, thumbs, amounts and ratings: the order, and what the evidence tells besides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from feedback.errors import InvalidInput
from feedback.evidence import Candidate, Comparison, Evidence, Ranking, Score
from tests.training.recipes import qualities as world
from training.progress import OUTPUT
from training.recipes import get_recipe
from training.recipes.reward_support import rows as shapes
from training.sampling.local.reward_models import RewardModel, load_reward_model
from training.snapshots.counts import Tally

FROZEN = {"head": "frozen"}
QUICK = {"epochs": 3, "batch_size": 8, "save_steps": 100, "learning_rate": 1e-2}

CASES: dict[str, tuple[str, list[Evidence]]] = {
    "pairs of lists": ("reward_ranking", list(world.rankings(40))),
    "tied lists": ("reward_ranking", list(world.rankings(40, ties=True))),
    "thumbs": ("reward_thumbs", list(world.thumbs(40))),
    "amounts": ("reward_amounts", list(world.amounts(80))),
    "capped amounts": ("reward_amounts", list(world.amounts(80, cap=10.0))),
    "price lists": ("reward_amounts", list(world.amounts(80, step=1.0))),
    "ratings": ("reward_attributes", list(world.ratings(40))),
    "ratings and pairs": (
        "reward_attributes",
        [*world.ratings(30), *world.comparisons(40)],
    ),
}
LOSSES = {
    "reward_ranking": ("all_pairs", "plackett_luce"),
    "reward_thumbs": (None,),
    "reward_amounts": ("squared", "interval", "weighted"),
    "reward_attributes": (None,),
}
EACH = [(case, loss) for case, (name, _) in CASES.items() for loss in LOSSES[name]]


def train(
    case: str, config: dict[str, Any], freeze: Any, run: Any, recorder: Any
) -> tuple[dict[str, Any], RewardModel]:
    name, evidence = CASES[case]
    job = run(freeze(evidence), config)
    reporter = recorder()
    result = get_recipe(name).train(job, reporter)
    assert reporter.values[-1]["loss"] < reporter.values[0]["loss"]
    return result, load_reward_model(str(job.directory / OUTPUT), "cpu")


def means(model: RewardModel) -> list[float]:
    """The mean reward of new answers, by quality."""
    numbers = range(900, 904)
    rewards = [model.rewards([world.conversation(n, q) for n in numbers]) for q in range(4)]
    return [sum(found) / len(found) for found in rewards]


@pytest.mark.parametrize(("case", "loss"), EACH)
def test_a_frozen_head_learns_the_order(
    case: str, loss: str | None, freeze: Any, run: Any, recorder: Any
) -> None:
    config = {**FROZEN, **({"loss": loss} if loss else {})}
    _, model = train(case, config, freeze, run, recorder)
    found = means(model)
    if case == "tied lists":  # its middle is one tier
        assert found[0] < min(found[1:3]) <= max(found[1:3]) < found[3]
    else:
        assert found == sorted(found)
    assert found[3] - found[0] > 0.5


@pytest.mark.parametrize("case", ["tied lists", "thumbs", "price lists", "ratings and pairs"])
def test_the_base_model_learns_it_too(case: str, freeze: Any, run: Any, recorder: Any) -> None:
    config = QUICK | ({"loss": "plackett_luce"} if case == "tied lists" else {})
    _, model = train(case, config, freeze, run, recorder)
    found = means(model)
    assert found[3] > found[0]


def test_the_best_of_a_list_is_found(freeze: Any, run: Any, recorder: Any) -> None:
    result, _ = train("tied lists", FROZEN, freeze, run, recorder)
    assert result["evaluation"]["best_found"]["value"] >= 0.9
    assert result["evaluation"]["accuracy"]["value"] >= 0.9


def test_generous_and_strict_people_are_told_apart(freeze: Any, run: Any, recorder: Any) -> None:
    result, _ = train("thumbs", FROZEN, freeze, run, recorder)
    intercepts = result["learned"]["intercepts"]
    assert intercepts["lenient"] > 0.5 > -0.5 > intercepts["strict"]
    assert result["evaluation"]["separation"] > 0.85


def test_who_pays_more_for_the_same_has_a_larger_scale(
    freeze: Any, run: Any, recorder: Any
) -> None:
    result, _ = train("amounts", {**FROZEN, "loss": "squared"}, freeze, run, recorder)
    scales = result["learned"]["scales"]
    assert scales["rich"] / scales["poor"] > 1.8
    assert result["evaluation"]["amount_correlation"]["value"] > 0.7
    assert result["learned"]["typical_amounts"]["USD"] > 0


def test_aspects_have_heads_and_comparisons_their_weights(
    freeze: Any, run: Any, recorder: Any
) -> None:
    """People who compare look at help alone, so its weight comes out above that of tone."""
    evidence = [*CASES["ratings"][1], *world.comparisons(60)]
    recipe = get_recipe("reward_attributes")
    job = run(freeze(evidence), FROZEN)
    result = recipe.train(job, recorder())
    assert result["heads"] == ["help", "tone"]
    assert result["evaluation"]["correlation_help"]["value"] > 0.8
    assert result["evaluation"]["accuracy"]["value"] >= 0.9
    model = load_reward_model(str(job.directory / OUTPUT), "cpu")
    assert model.card.weights[0] > 0.5
    fixed = {"weights": [{"aspect": "tone", "weight": 2.0}], **FROZEN}
    recipe.train(run(freeze(evidence, "again"), fixed, "fixed"), recorder())
    tone = load_reward_model(str(job.directory.parent / "fixed" / OUTPUT), "cpu")
    assert tone.card.weights == (0.0, 2.0)


def test_without_comparisons_accuracy_is_that_on_ratings(
    freeze: Any, run: Any, recorder: Any
) -> None:
    result, _ = train("ratings", FROZEN, freeze, run, recorder)
    assert result["evaluation"]["accuracy"]["value"] >= 0.9
    assert result["evaluation"]["pairs"] >= 6 * 5


def test_a_comparison_about_an_aspect_teaches_its_head(
    freeze: Any, run: Any, recorder: Any
) -> None:
    """Ratings call short openings good in tone, and comparisons of tone say the opposite, more often."""
    about = [
        replace(one, aspect="tone") for one in world.comparisons(120) if isinstance(one, Comparison)
    ]
    rated = [
        replace(one, value=-one.value) if one.aspect == "tone" else one
        for one in world.ratings(12)
        if isinstance(one, Score)
    ]
    job = run(freeze([*rated, *about]), FROZEN)
    result = get_recipe("reward_attributes").train(job, recorder())
    assert "aspect" not in result["rows"]["unusable"]
    model = load_reward_model(str(job.directory / OUTPUT), "cpu")
    heads = model.heads([world.conversation(900, quality) for quality in (0, 3)])
    tone = list(model.card.names).index("tone")
    assert heads[1, tone] > heads[0, tone]


def test_an_ensemble_of_lists(freeze: Any, run: Any, recorder: Any) -> None:
    result, model = train("tied lists", {**FROZEN, "members": 3}, freeze, run, recorder)
    assert result["evaluation"]["uncertainty"]["value"] > 0
    assert model.card.members


@pytest.mark.parametrize(
    ("name", "evidence", "config", "code"),
    [
        (
            "reward_thumbs",
            [t for t in world.thumbs(20) if getattr(t, "desirable", False)],
            {},
            "too_little_evidence",
        ),
        (
            "reward_amounts",
            list(world.amounts(60, cap=0.0)),
            {"loss": "squared"},
            "too_little_evidence",
        ),
        (
            "reward_attributes",
            list(world.ratings(20)),
            {"weights": [{"aspect": "wit", "weight": 1}]},
            "unknown_aspect",
        ),
        ("reward_attributes", list(world.ratings(20)), {"members": 2}, "invalid_config"),
        ("reward_ranking", list(world.thumbs(20)), {}, "too_little_evidence"),
    ],
    ids=["one sign", "all 0", "unknown aspect", "ensemble", "no lists"],
)
def test_what_cannot_be_learnt_from_says_so(
    name: str,
    evidence: list[Evidence],
    config: dict[str, Any],
    code: str,
    freeze: Any,
    run: Any,
    recorder: Any,
) -> None:
    with pytest.raises(InvalidInput) as caught:
        get_recipe(name).train(run(freeze(evidence), FROZEN | config), recorder())
    assert caught.value.code == code


def test_rows_of_amounts_have_the_preferred_one_first() -> None:
    record = Score(
        context=world.context(1),
        completion=world.answer(1, 0),
        other=world.answer(1, 3),
        value=-3.0,
        low=float("-inf"),
        high=-2.0,
        unit="USD",
    )
    (row,) = shapes.amounts([("train", record)], zero=True).train
    assert row["candidates"] == [13, 10]
    assert (row["amount"], row["low"], row["high"]) == (3.0, 2.0, float("inf"))


def test_lists_leave_out_what_is_no_text() -> None:
    empty = Candidate(99, " ")
    kept = Ranking(
        context=world.context(1), tiers=((world.answer(1, 3),), (empty,), (world.answer(1, 0),))
    )
    lost = Ranking(context=world.context(2), tiers=((world.answer(2, 3),), (empty,)))
    even = Ranking(context=world.context(3), tiers=((world.answer(3, 3), world.answer(3, 0)),))
    found = shapes.lists([("train", one) for one in (kept, lost, even)], all_tied=False)
    assert [row["tier"] for row in found.train] == [[0, 2]]
    assert found.unusable == {"empty": 1, "tie": 1}
    assert shapes.lists([("train", even)], all_tied=True).train[0]["tied"]


def test_each_recipe_says_what_it_lacks() -> None:
    tally = Tally()
    for name, (recipe, evidence) in CASES.items():
        assert get_recipe(recipe).missing({}), name
        for record in evidence:
            tally.add("train", record)
    for recipe, _ in CASES.values():
        assert get_recipe(recipe).missing(tally.counts) == []
