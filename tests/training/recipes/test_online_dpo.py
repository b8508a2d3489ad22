"""Online DPO: rounds move the policy towards what a grader likes, by any loss, and resume exactly."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from feedback.errors import InvalidInput
from training.progress import OUTPUT, ROUNDS, Stopped
from training.recipes import get_recipe
from training.recipes.base import Rows, Run
from training.recipes.online_dpo import OnlineDpoConfig
from training.recipes.sample_support.choosing import best_and_worst, own_and_reference
from training.recipes.sample_support.graders import Grades, open_grader
from training.recipes.sample_support.pair_training import PairLoss, pair_row, pair_trainer
from training.recipes.trl_support import prepare
from training.recipes.trl_support.arguments import Rates
from training.sampling.base import Messages

SHORT = {"kind": "rule", "rule": {"name": "length", "low": 0, "high": 3}}
QUICK = {
    "rounds": 2,
    "samples": 4,
    "max_new_tokens": 12,
    "batch_size": 8,
    "epochs": 2,
    "learning_rate": 2e-3,
    "save_steps": 4,
}


def job(directory: Path, toy: str, snapshot: Path, **config: Any) -> Run:
    directory.mkdir(exist_ok=True)
    grader = config.pop("grader", SHORT)
    return Run(directory, toy, snapshot, {**QUICK, **config}, {"grader": grader})


def test_rounds_please_the_grader_and_resume_within_and_between(
    make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any, weights_digest: Any
) -> None:
    snapshot = freeze([make.comparison(i) for i in range(32)])
    recipe, whole, parts = get_recipe("online_dpo"), tmp_path / "whole", tmp_path / "parts"
    reporter = recorder()
    result = recipe.train(job(whole, toy, snapshot), reporter)
    found = result["evaluation"]
    assert found["reward_change"]["low"] > 0.1
    assert found["win_rate"]["low"] > 0.5
    scores = [played["mean_score"] for played in result["rounds"]]
    assert scores[1] > scores[0]
    assert reporter.steps == list(range(1, result["steps"] + 1))
    first = reporter.values[0]
    assert first["loss"] == pytest.approx(0.6931, abs=1e-4)  # the policy is its own reference
    second = reporter.values[len(reporter.values) // 2]
    assert second["rewards/margins"] > 0.01  # the reference is still the base

    for stop in (2, 5):  # in the first round's training and, its steps over, in the second's
        with pytest.raises(Stopped):
            recipe.train(job(parts, toy, snapshot), StopAt(recorder(), stop, len(reporter.steps)))
        assert not (parts / OUTPUT).exists()
    again = recipe.train(job(parts, toy, snapshot), recorder())
    assert again["evaluation"] == found
    assert weights_digest(parts / OUTPUT) == weights_digest(whole / OUTPUT)
    shutil.rmtree(parts / OUTPUT)  # as if killed after the last round
    recipe.train(job(parts, toy, snapshot), recorder())
    assert weights_digest(parts / OUTPUT) == weights_digest(whole / OUTPUT)


class StopAt:
    """Asks to stop after a number of steps, of which it is told afresh in each run."""

    def __init__(self, inner: Any, steps: int, most: int) -> None:
        self.inner, self.left = inner, steps
        assert steps < most

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def metrics(self, step: int, values: Any) -> None:
        self.left -= 1

    def should_stop(self) -> bool:
        return self.left <= 0


@pytest.mark.parametrize(
    "config",
    [
        {"loss": "ipo"},
        {"loss": "sppo"},
        {"explore": 1e-4},
        {"lora": True, "learning_rate": 1e-2},
    ],
    ids=["ipo", "sppo", "xpo", "lora"],
)
def test_every_loss_pleases_the_grader(
    config: dict[str, Any], make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any
) -> None:
    snapshot = freeze([make.comparison(i) for i in range(24)])
    run = job(tmp_path / "run", toy, snapshot, rounds=1, epochs=4, **config)
    found = get_recipe("online_dpo").train(run, recorder())["evaluation"]
    assert found["reward_change"]["value"] > 0
    assert found["win_rate"]["value"] > 0.5


def test_on_the_policys_own_reference_it_is_trls_dpo(
    make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any
) -> None:
    import transformers
    from trl import DPOConfig, DPOTrainer

    rows = [
        pair_row([{"role": "user", "content": f"Q{i}?"}], f"good {i}", f"bad and long {i}")
        for i in range(16)
    ]
    config = OnlineDpoConfig(batch_size=8, learning_rate=3e-3, save_steps=1000)
    losses = []
    for side in ("ours", "stock"):
        directory = tmp_path / side
        directory.mkdir()
        run = Run(directory, toy, tmp_path, {})
        ready = prepare(run, config, Rows(train=rows), Rates(1e-3, 1e-3), fewest=1)
        transformers.set_seed(1)
        if side == "ours":
            trainer = pair_trainer(ready, toy, PairLoss("sigmoid", 0.1), recorder())
        else:
            kept = ("prompt", "chosen", "rejected")
            trainer = DPOTrainer(
                model=ready.base_model,
                args=DPOConfig(**ready.arguments, beta=0.1),
                train_dataset=ready.dataset().select_columns(kept),
                processing_class=ready.tokenizer,
            )
        trainer.train()
        logs = [log["loss"] for log in trainer.state.log_history if "loss" in log]
        losses.append((logs, trainer.model.state_dict()))
    (ours, our_weights), (stock, stock_weights) = losses
    assert ours == pytest.approx(stock, abs=2e-4)
    assert ours[-1] < 0.69
    for name, tensor in stock_weights.items():
        assert torch.allclose(our_weights[name], tensor, atol=2e-4), name


def test_a_grader_that_tells_nothing_apart_is_said(
    make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any
) -> None:
    snapshot = freeze([make.comparison(i) for i in range(16)])
    blind = {"kind": "rule", "rule": {"name": "length", "low": 0, "high": 1000}}
    with pytest.raises(InvalidInput) as caught:
        get_recipe("online_dpo").train(
            job(tmp_path / "run", toy, snapshot, grader=blind), recorder()
        )
    assert caught.value.code == "nothing_to_learn"
    assert "prompts gave no pair" in caught.value.details[0]["message"]
    report = tmp_path / "run" / ROUNDS / "1" / "report.json"
    assert not report.exists()


def test_a_round_without_pairs_ends_the_training(
    make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any, weights_digest: Any
) -> None:
    """What the first round made is the result."""
    snapshot = freeze([make.comparison(i) for i in range(16)])
    directory = tmp_path / "run"
    get_recipe("online_dpo").train(job(directory, toy, snapshot, rounds=1), recorder())
    first = weights_digest(directory / OUTPUT)
    over = directory / ROUNDS / "2"
    over.mkdir()
    told = {"steps": 0, "rows": {"train": 0, "unusable": {"tie": 9}, "too_long": 0}}
    (over / "report.json").write_text(json.dumps(told))
    result = get_recipe("online_dpo").train(job(directory, toy, snapshot, rounds=3), recorder())
    assert weights_digest(directory / OUTPUT) == first
    assert result["rows"]["unusable"]["tie"] >= 9
    assert len(result["rounds"]) == 2


def liking_short(messages: Messages, index: int) -> str:
    """A judge that likes the shorter answer and says nothing where one contains a riddle."""
    text = messages[0]["content"]
    first = text.split("[Answer A]")[1].split("[Answer B]")[0].strip()
    second = text.split("[Answer B]")[1].split("Reply with")[0].strip()
    if "riddle" in first + second:
        return "Who knows?"
    return "A" if len(first) < len(second) else "B"


def test_a_judge_compares_all_pairs_in_both_orders() -> None:
    judge = open_grader({"kind": "scripted", "answers": liking_short})
    item = {
        "id": "x",
        "messages": [{"role": "user", "content": "Q"}],
        "references": [],
        "answers": ["short", "middling one", "the longest of all", "short"],
    }
    [grades] = judge.grade([item], lambda: False)
    assert grades.scores == pytest.approx([2.5 / 3, 1 / 3, 0, 2.5 / 3])
    assert (grades.beats(0, 2), grades.beats(2, 0), grades.beats(0, 3)) == (1, 0, 0.5)
    assert grades.unread == 0
    [silent] = judge.grade([{**item, "answers": ["a riddle", "b"]}], lambda: False)
    assert (silent.scores, silent.unread) == ([0.5, 0.5], 2)


def test_a_judge_trains_and_its_unread_replies_are_told(
    make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any
) -> None:
    snapshot = freeze([make.comparison(i) for i in range(16)])

    def mostly(messages: Messages, index: int) -> str:
        text = messages[0]["content"]
        return "Hm." if "number 3?" in text else liking_short(messages, index)

    judge = {"kind": "scripted", "answers": mostly}
    run = job(tmp_path / "run", toy, snapshot, rounds=1, samples=3, grader=judge)
    result = get_recipe("online_dpo").train(run, recorder())
    assert result["rounds"][0]["unread_replies"] == 6  # three pairs, both orders
    assert result["rounds"][0]["mean_score"] == pytest.approx(0.5)  # of each other
    assert result["evaluation"]["win_rate"]["n"] == 2 * result["evaluation"]["prompts"]
    assert "best_of" not in result["evaluation"]


def test_pairs_are_the_extremes_and_empty_answers_never_win() -> None:
    item = {"messages": [], "answers": ["a", "", "b", "a"]}
    row = best_and_worst(item, Grades([0.1, 0.9, 0.5, 0.1]))
    assert isinstance(row, dict)
    assert (row["chosen"][0]["content"], row["rejected"][0]["content"]) == ("b", "a")
    assert best_and_worst({**item, "answers": ["a", "a"]}, Grades([1, 0])) == "identical"
    assert best_and_worst({**item, "answers": ["a", "b"]}, Grades([1, 1])) == "tie"
    own = {**item, "answers": ["mine", "base's"]}
    sides = [own_and_reference(own, Grades(scores)) for scores in ([1.0, 0.0], [0.0, 1.0])]
    assert [row["explored"] for row in sides if isinstance(row, dict)] == [-1.0, 1.0]
