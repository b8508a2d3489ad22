"""Reward models where people do not agree: groups with opposite tastes, and preferences that run in circles."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.errors import InvalidInput
from tests.training.recipes import qualities as world
from training.progress import OUTPUT
from training.recipes import get_recipe
from training.recipes.reward_support.measures import circular_share, general_scores
from training.recipes.reward_support.rows import pairs
from training.sampling.local.reward_models import load_reward_model


def test_groups_of_opposite_tastes_are_told_apart(freeze: Any, run: Any, recorder: Any) -> None:
    job = run(freeze(list(world.divided(180))), {})
    result = get_recipe("reward_groups").train(job, recorder())
    found = result["evaluation"]
    assert found["own_group_accuracy"]["value"] >= 0.9
    assert found["worst_group_accuracy"]["value"] >= 0.8
    assert found["shared_accuracy"]["value"] <= 0.8  # two of six want the opposite
    groups = result["learned"]["groups"]
    sides = [groups[f"person {n}"].index(max(groups[f"person {n}"])) for n in range(6)]
    assert sides[:4] == [sides[0]] * 4
    assert sides[4:] == [1 - sides[0]] * 2
    model = load_reward_model(str(job.directory / OUTPUT), "cpu")
    heads = model.heads([world.conversation(900, 3), world.conversation(900, 0)])
    most = sides[0]
    assert heads[0, most] > heads[1, most]
    assert heads[0, 1 - most] < heads[1, 1 - most]
    assert sum(model.card.weights) == pytest.approx(1)


def test_more_groups_than_people_are_refused(freeze: Any, run: Any, recorder: Any) -> None:
    job = run(freeze(list(world.divided(60))), {"groups": 8})
    with pytest.raises(InvalidInput) as caught:
        get_recipe("reward_groups").train(job, recorder())
    assert caught.value.code == "too_little_evidence"


def test_one_person_makes_no_groups() -> None:
    recipe = get_recipe("reward_groups")
    counts = {"comparison_decided_train": 90}
    [said] = recipe.missing({**counts, "comparer_train": 1})
    assert "at least 2 people" in said
    assert recipe.missing({**counts, "comparer_train": 2}) == []


def test_equal_ratings_make_no_reward_model() -> None:
    recipe = get_recipe("reward_attributes")
    counts = {"rating_train": 90, "rating_unlike_train": 0}
    [said] = recipe.missing(counts)
    assert "nothing is told apart" in said
    assert recipe.missing({**counts, "rating_unlike_train": 1}) == []


def test_a_few_pairs_give_one_person_a_lens(freeze: Any, run: Any, recorder: Any) -> None:
    """Four of six people want the opposite of this one, whose ten pairs among 110 still say so."""
    evidence = [
        record
        for record in world.divided(120)
        if record.context.annotator != "person 5" or record.context.item < 60
    ]
    job = run(freeze(evidence, share=0.0), {"annotator": "person 5"})
    result = get_recipe("reward_lens").train(job, recorder())
    assert result["learned"] == {"annotator": "person 5"}
    model = load_reward_model(str(job.directory / OUTPUT), "cpu")
    means = [
        sum(model.rewards([world.conversation(n, quality) for n in range(900, 904)]))
        for quality in range(4)
    ]
    assert means[0] > means[3]
    usual = run(freeze(evidence, "again"), {"annotator": "person 0"}, "usual")
    found = get_recipe("reward_lens").train(usual, recorder())["evaluation"]
    assert found["accuracy"]["value"] >= 0.6


def test_nobody_has_no_lens(freeze: Any, run: Any, recorder: Any) -> None:
    job = run(freeze(list(world.divided(30))), {"annotator": "somebody else"})
    with pytest.raises(InvalidInput) as caught:
        get_recipe("reward_lens").train(job, recorder())
    assert caught.value.code == "too_little_evidence"


def test_circles_are_learnt_which_no_reward_can(freeze: Any, run: Any, recorder: Any) -> None:
    snapshot = freeze(list(world.circular(40)))
    job = run(snapshot, {})
    found = get_recipe("general_preference").train(job, recorder())["evaluation"]
    assert found["general_accuracy"]["value"] >= 0.95
    assert found["circular"] == 1
    assert found["triads"] > 20
    plain = run(snapshot, {"head": "frozen"}, "plain")
    reward = get_recipe("reward_model").train(plain, recorder())["evaluation"]
    assert reward["accuracy"]["value"] <= 0.75
    model = load_reward_model(str(job.directory / OUTPUT), "cpu")
    points = model.heads([world.conversation(900, quality) for quality in range(3)])
    assert (points**2).sum(axis=1).tolist() == pytest.approx([1, 1, 1])
    assert min(general_scores(points, points[[1, 2, 0]])) > 0
    assert general_scores(points, points) == pytest.approx([0, 0, 0])


def test_an_order_is_no_circle_and_its_reward_agrees(freeze: Any, run: Any, recorder: Any) -> None:
    job = run(freeze(list(world.rankings(30))), {})
    found = get_recipe("general_preference").train(job, recorder())["evaluation"]
    assert found["circular"] == 0
    assert found["accuracy"]["value"] >= 0.9
    assert found["general_accuracy"]["value"] >= 0.9


def test_circles_are_counted_once() -> None:
    found = []
    for records in (world.circular(3), world.rankings(2), world.comparisons(5)):
        rows = pairs([("train", record) for record in records], ties=True).train
        found.append(circular_share(rows))
    assert found == [(1.0, 3), (0.0, 8), (None, 0)]
