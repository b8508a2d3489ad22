"""Best of n: the policy moves towards what the grader likes, and goes on where it was stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feedback.errors import InvalidInput
from training.progress import OUTPUT, ROUNDS, Stopped
from training.recipes import get_recipe
from training.recipes.base import Run
from training.recipes.best_of_n import BestOfNConfig, kept_rows
from training.recipes.sample_support.choosing import check_told_apart
from training.recipes.sample_support.graders import Grades
from training.sampling.local import LocalPolicy

SHORT = {"kind": "rule", "rule": {"name": "length", "low": 0, "high": 3}}
QUICK = {
    "samples": 8,
    "max_new_tokens": 12,
    "batch_size": 8,
    "epochs": 4,
    "learning_rate": 3e-3,
    "save_steps": 5,
}


def job(directory: Path, toy: str, snapshot: Path, **config: Any) -> Run:
    directory.mkdir(exist_ok=True)
    grader = config.pop("grader", SHORT)
    return Run(directory, toy, snapshot, {**QUICK, **config}, {"grader": grader})


def test_the_policy_writes_what_the_rule_likes_and_a_stopped_run_resumes_to_the_same(
    make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any, weights_digest: Any
) -> None:
    snapshot = freeze([make.comparison(i) for i in range(32)])
    recipe, whole, parts = get_recipe("best_of_n"), tmp_path / "whole", tmp_path / "parts"
    reporter = recorder()
    result = recipe.train(job(whole, toy, snapshot), reporter)
    found = result["evaluation"]
    assert found["reward_change"]["low"] > 0
    assert found["win_rate"]["value"] > 0.5
    assert found["length_after"]["value"] < found["length_before"]["value"]
    assert [point["n"] for point in found["best_of"]] == [1, 2, 4, 8]
    assert found["best_of"][-1]["proxy"] > found["best_of"][0]["proxy"]
    assert result["rounds"][0]["mean_score_kept"] > result["rounds"][0]["mean_score"]
    assert result["rows"]["train"] + result["rows"]["test"] == 32
    assert reporter.steps == list(range(1, result["steps"] + 1))
    assert reporter.paths[:2] == ["rounds/1", "rounds/1/checkpoints/checkpoint-5"]
    assert LocalPolicy(str(whole / OUTPUT), device="cpu")

    with pytest.raises(Stopped):  # while it samples
        recipe.train(job(parts, toy, snapshot), recorder(stop_at=16))
    assert (parts / ROUNDS / "1" / "samples.jsonl").exists()
    assert not (parts / OUTPUT).exists()
    again = recipe.train(job(parts, toy, snapshot), recorder())
    assert again["evaluation"] == found
    assert weights_digest(parts / OUTPUT) == weights_digest(whole / OUTPUT)


def test_the_best_answers_are_kept() -> None:
    items = [
        {"id": "a", "messages": [], "answers": ["low", "high", "", "high"]},
        {"id": "b", "messages": [], "answers": ["poor", "worse"]},
    ]
    grades = {"a": Grades([0.1, 0.9, 1.0, 0.9]), "b": Grades([0.2, 0.0])}
    rows, scores = kept_rows(items, grades, BestOfNConfig())
    assert [row["completion"][0]["content"] for row in rows] == ["high", "poor"]
    assert scores == [0.9, 0.2]
    rejection = BestOfNConfig(keep="quantile", quantile=0.5)
    assert [r["completion"][0]["content"] for r in kept_rows(items, grades, rejection)[0]] == [
        "high"
    ]


@pytest.mark.parametrize("keep", ["best", "quantile"])
def test_a_grader_that_tells_nothing_apart_is_refused(
    keep: str, make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any
) -> None:
    snapshot = freeze([make.comparison(i) for i in range(12)])
    judge = {"kind": "scripted", "answers": lambda messages, index: "Hm."}
    with pytest.raises(InvalidInput) as caught:
        get_recipe("best_of_n").train(
            job(tmp_path / "run", toy, snapshot, samples=2, keep=keep, grader=judge), recorder()
        )
    assert caught.value.code == "nothing_to_learn"
    assert "replies of the judge could not be read" in caught.value.message
    assert {detail["where"] for detail in caught.value.details} == {"tie", "unread_replies"}


def test_answers_are_told_apart_within_a_prompt_or_between_prompts() -> None:
    alike = {str(i): Grades([float(i), float(i)]) for i in range(5)}
    assert check_told_apart(alike, between=True) == 5
    with pytest.raises(InvalidInput):
        check_told_apart(alike)
    assert check_told_apart(alike | {f"x{i}": Grades([0.0, 1.0]) for i in range(4)}) == 4


def test_too_few_prompts_are_said(
    make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any
) -> None:
    recipe = get_recipe("best_of_n")
    assert recipe.missing({"prompts_train": 8}) == []
    assert "there are 7" in recipe.missing({"prompts_train": 7})[0]
    snapshot = freeze([make.comparison(i) for i in range(20)])
    with pytest.raises(InvalidInput) as caught:  # no prompt leaves room for such an answer
        recipe.train(job(tmp_path / "run", toy, snapshot, max_new_tokens=8000), recorder())
    assert caught.value.code == "too_little_evidence"
    assert caught.value.details[0]["message"] == "20 prompts leave no room"
