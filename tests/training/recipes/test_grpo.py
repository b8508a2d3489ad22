"""GRPO and RLOO: the policy moves towards what a grader likes, and a stopped run ends as a whole one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from feedback.errors import InvalidInput
from training.progress import OUTPUT, Stopped
from training.recipes import get_recipe, parse_config
from training.recipes.base import Run
from training.recipes.grpo import reward_function
from training.recipes.sample_support.graders import Grades

SHORT = {"kind": "rule", "rule": {"name": "length", "low": 0, "high": 3}}
QUICK = {
    "samples": 4,
    "max_new_tokens": 12,
    "batch_size": 16,
    "epochs": 2,
    "learning_rate": 3e-3,
    "save_steps": 4,
}


def job(directory: Path, toy: str, snapshot: Path, **config: Any) -> Run:
    directory.mkdir(exist_ok=True)
    grader = config.pop("grader", SHORT)
    return Run(directory, toy, snapshot, {**QUICK, **config}, {"grader": grader})


@pytest.mark.parametrize("loss", ["dapo", "rloo"])
def test_the_policy_pleases_the_grader_and_resumes_to_the_same(
    loss: str, make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any, weights_digest: Any
) -> None:
    snapshot = freeze([make.comparison(i) for i in range(32)])
    recipe, whole, parts = get_recipe("grpo"), tmp_path / "whole", tmp_path / "parts"
    reporter = recorder()
    result = recipe.train(job(whole, toy, snapshot, loss=loss), reporter)
    found = result["evaluation"]
    assert found["reward_change"]["low"] > 0.1
    assert found["win_rate"]["low"] > 0.5
    assert found["length_after"]["value"] < found["length_before"]["value"]
    assert result["rows"]["train"] + result["rows"]["test"] == 32
    assert reporter.steps == list(range(1, result["steps"] + 1))
    assert reporter.values[-1]["kl"] > 0
    with pytest.raises(Stopped):
        recipe.train(job(parts, toy, snapshot, loss=loss), recorder(stop_at=5))
    assert not (parts / OUTPUT).exists()
    again = recipe.train(job(parts, toy, snapshot, loss=loss), recorder())
    assert again["evaluation"] == found
    assert weights_digest(parts / OUTPUT) == weights_digest(whole / OUTPUT)


@pytest.mark.parametrize("loss", ["grpo", "dr_grpo", "bnpo", "cispo"])
def test_every_loss_of_the_family_moves_the_policy(
    loss: str, make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any
) -> None:
    snapshot = freeze([make.comparison(i) for i in range(12)])
    run = job(tmp_path / "run", toy, snapshot, loss=loss, epochs=4, lora=loss == "cispo")
    reporter = recorder()
    get_recipe("grpo").train(run, reporter)
    rewards = [values["reward"] for values in reporter.values]
    assert rewards[-1] > rewards[0]


@pytest.mark.parametrize(
    ("loss", "grader"),
    [
        ("dapo", {"kind": "rule", "rule": {"name": "exact"}}),  # there are no demonstrations
        ("rloo", {"kind": "scripted", "answers": lambda messages, index: "Hm."}),
    ],
)
def test_a_grader_that_tells_nothing_apart_ends_the_training(
    loss: str, grader: Any, make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any
) -> None:
    """After the first of many passes."""
    snapshot = freeze([make.comparison(i) for i in range(12)])
    run = job(tmp_path / "run", toy, snapshot, loss=loss, grader=grader, epochs=50)
    with pytest.raises(InvalidInput) as caught:
        get_recipe("grpo").train(run, recorder())
    assert caught.value.code == "nothing_to_learn"
    assert ("could not be read" in caught.value.message) is (grader["kind"] == "scripted")
    assert not (tmp_path / "run" / OUTPUT).exists()


def test_answers_to_one_prompt_are_graded_together() -> None:
    """In whatever order TRL gives them."""

    class Relative:
        absolute = False

        def grade(self, items: Any, should_stop: Any) -> list[Grades]:
            seen.extend(items)
            return [Grades([float(len(text)) for text in item["answers"]]) for item in items]

    seen: list[Any] = []
    texts = ["a", "bbb", "cc", "d"]
    rewards = reward_function(Relative(), Counter())(
        prompts=[["x"], ["y"], ["x"], ["y"]],
        completions=[[{"role": "assistant", "content": text}] for text in texts],
        id=["x", "y", "x", "y"],
        references=[["r"], [], ["r"], []],
        trainer_state=None,
    )
    assert rewards == [1.0, 3.0, 2.0, 1.0]
    assert [(i["id"], i["answers"], i["references"]) for i in seen] == [
        ("x", ["a", "cc"], ["r"]),
        ("y", ["bbb", "d"], []),
    ]


def test_a_batch_holds_whole_groups() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_config(get_recipe("grpo"), {"samples": 3, "batch_size": 16})
    assert caught.value.message == (
        "The config does not fit: config: A batch of 16 answers does not hold whole groups of 3."
    )
    warned = get_recipe("grpo").warnings({}, parse_config(get_recipe("grpo"), {"beta": 0}))
    assert any("please the grader" in sentence for sentence in warned)
