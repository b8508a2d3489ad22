"""What is checked after a training, on the toy: figures of samples and of other reward models, and failures."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from training.checks import checked
from training.checks.sampling import held_out, settings_of
from training.recipes import get_recipe
from training.recipes.base import Run

FROZEN = {"head": "frozen", "embedder": "tfidf", "seed": 1}


@pytest.fixture
def trained(make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any) -> Any:
    """A run of a reward model on word counts, in a moment, and its result."""
    snapshot = freeze([make.comparison(i) for i in range(40)])

    def train(name: str) -> tuple[Run, dict[str, Any]]:
        run = Run(tmp_path / name, toy, snapshot, {**FROZEN, "max_length": 256})
        run.directory.mkdir()
        return run, get_recipe("reward_model").train(run, recorder())

    return train


def test_a_reward_model_is_compared_with_others_and_chooses_samples(
    trained: Any, recorder: Any
) -> None:
    other, _ = trained("other")
    run, result = trained("run")
    referees = [{"name": "the other", "path": str(other.directory / "output")}]
    lineage = {"base": "toy", "snapshot_digest": "d" * 64}
    whole = checked(run, get_recipe("reward_model"), result, referees, lineage, recorder())
    assert "unchecked" not in whole
    found = whole["evaluation"]
    assert found["accuracy"] == result["evaluation"]["accuracy"]
    twin = found["agrees_with"]["the other"]
    assert (twin["value"], twin["rank_correlation"]) == pytest.approx((1, 1))
    curve = found["best_of"]
    assert [point["n"] for point in curve] == [1, 2, 4, 8]
    rewards = [point["proxy"] for point in curve]
    assert rewards == sorted(rewards)
    assert rewards[0] == pytest.approx(0, abs=1e-9)
    assert [point["gold"] for point in curve] == pytest.approx(rewards)
    card = (run.directory / "output" / "README.md").read_text()
    assert "| Snapshot (SHA-256) | " + "d" * 64 in card


def test_a_policy_that_did_not_move_is_where_it_was(
    trained: Any, recorder: Any, toy: str, tmp_path: Path
) -> None:
    referee, _ = trained("referee")
    run = Run(tmp_path / "policy", toy, referee.snapshot, {"max_length": 256})
    shutil.copytree(toy, run.directory / "output")
    referees = [{"name": "r", "path": str(referee.directory / "output")}]
    found = checked(run, get_recipe("dpo"), {"evaluation": {}}, referees, {}, recorder())
    evaluation = found["evaluation"]
    assert evaluation["win_rate"]["value"] == 0.5  # the same luck on both sides, so the same texts
    assert evaluation["graded_by"] == "r"
    assert evaluation["length_before"] == evaluation["length_after"]
    if evaluation["kl"]["value"] is None:
        assert "ended by itself" in evaluation["kl"]["note"]
    else:
        assert evaluation["kl"]["value"] == pytest.approx(0, abs=1e-4)


def test_a_referee_without_a_part_reads_the_samples_that_are_there(
    trained: Any, recorder: Any, toy: str, tmp_path: Path, make: Any
) -> None:
    """It likes what opens politely; the trained policy's samples do, the base's do not."""
    referee, _ = trained("referee")
    models = {"grader": {"kind": "rule", "rule": {"name": "length"}}}
    run = Run(tmp_path / "policy", toy, referee.snapshot, {"max_length": 256}, models)
    shutil.copytree(toy, run.directory / "output")
    prompts = [p["id"] for p in held_out(run, settings_of(run, 2))]
    (run.directory / "evaluation").mkdir()
    for side, text in (("before", "No idea."), ("after", "Of course!")):
        lines = [json.dumps({"id": p, "samples": [{"text": text}] * 2}) + "\n" for p in prompts]
        (run.directory / "evaluation" / f"{side}.jsonl").write_text("".join(lines))
    result: dict[str, Any] = {"evaluation": {"length_before": {}, "length_after": {}}}
    referees = [{"name": "r", "path": str(referee.directory / "output")}]
    whole = checked(run, get_recipe("dpo"), result, referees, {}, recorder())
    assert "unchecked" not in whole
    assert whole["evaluation"]["referee_win_rate"]["value"] == 1.0
    assert whole["evaluation"]["referee_change"]["value"] > 1
    assert whole["evaluation"]["refereed_by"] == "r"


def test_a_check_that_fails_costs_no_training(trained: Any, recorder: Any, tmp_path: Path) -> None:
    run, result = trained("run")
    broken = [{"name": "gone", "path": str(tmp_path / "nowhere")}]
    found = checked(run, get_recipe("reward_model"), result, broken, {}, recorder())
    assert found["evaluation"]["accuracy"] == result["evaluation"]["accuracy"]
    assert any("nowhere" in sentence for sentence in found["unchecked"])
