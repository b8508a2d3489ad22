"""Self-reward: people's taste is learnt first, then spread by the policy's own labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from training.progress import OUTPUT, ROUNDS, Stopped
from training.recipes import get_recipe
from training.recipes.base import Run
from training.recipes.sample_support.implicit import implicit_rewards, length_fair
from training.sampling.local.loading import load_policy
from training.sampling.local.scoring import log_probabilities

QUICK = {
    "rounds": 1,
    "samples": 4,
    "max_new_tokens": 12,
    "batch_size": 8,
    "epochs": 2,
    "learning_rate": 3e-3,
    "save_steps": 4,
}


def job(directory: Path, toy: str, snapshot: Path, **models: Any) -> Run:
    directory.mkdir(exist_ok=True)
    return Run(directory, toy, snapshot, QUICK, models)


def test_labelling_keeps_what_people_taught_and_resumes_to_the_same(
    make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any, weights_digest: Any
) -> None:
    snapshot = freeze([make.comparison(i) for i in range(40)])
    recipe, whole, parts = get_recipe("self_reward"), tmp_path / "whole", tmp_path / "parts"
    result = recipe.train(job(whole, toy, snapshot), recorder())
    found = result["evaluation"]
    assert found["implicit_reward_accuracy"]["value"] >= 0.8
    assert "reward_change" not in found
    people, own = result["rounds"]
    assert people == {"pairs": people["pairs"]}
    assert own["replayed"] == min(people["pairs"], own["pairs"])  # half are people's
    assert 0 <= own["length_weight"] <= 1
    assert weights_digest(whole / ROUNDS / "1" / OUTPUT) != weights_digest(whole / OUTPUT)

    with pytest.raises(Stopped):
        recipe.train(job(parts, toy, snapshot), recorder(stop_at=6))
    again = recipe.train(job(parts, toy, snapshot), recorder())
    assert again["evaluation"] == found
    assert weights_digest(parts / OUTPUT) == weights_digest(whole / OUTPUT)


def test_with_what_came_before_the_first_round_labels(
    make: Any, freeze: Any, toy: str, tmp_path: Path, recorder: Any
) -> None:
    """And a grader, which training does not see, measures rewards."""
    snapshot = freeze([make.comparison(i) for i in range(24)])
    first = Run(tmp_path / "dpo", toy, snapshot, {"epochs": 2, "learning_rate": 3e-3})
    first.directory.mkdir()
    get_recipe("dpo").train(first, recorder())
    tuned = str(first.directory / OUTPUT)
    grader = {"kind": "rule", "rule": {"name": "length", "high": 3}}
    before = {"kind": "local", "path": toy}
    run = job(tmp_path / "run", tuned, snapshot, before=before, grader=grader)
    result = get_recipe("self_reward").train(run, recorder())
    assert len(result["rounds"]) == 1
    assert result["rounds"][0]["pairs"] >= 4
    assert "reward_change" in result["evaluation"]


def test_the_implicit_reward_is_beta_times_the_gain(toy: str, tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "Q?"}]
    pairs = [(messages, [{"role": "assistant", "content": text}]) for text in ("one", "two words")]
    model, tokenizer, _ = load_policy(toy, "cpu")
    before = log_probabilities(model, tokenizer, pairs)
    for tensor in model.parameters():
        tensor.data.mul_(1.1)
    after = log_probabilities(model, tokenizer, pairs)
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path / "moved")
    items = [{"messages": messages, "answers": ["one", "two words"]}]
    [found] = implicit_rewards(items, str(tmp_path / "moved"), toy, 0.1, lambda: False)
    assert found == pytest.approx(
        [0.1 * (a - b) for a, b in zip(after, before, strict=True)], abs=1e-5
    )
    assert max(map(abs, found)) > 0.01


def test_the_weight_of_length_makes_winners_and_losers_equally_long() -> None:
    """Against a search by hand over the same grid."""
    rewards = [[0.5, 1.0, 0.2], [0.1, 0.2, 0.9], [0.3, 0.1, 0.7]]
    lengths = [[2, 9, 4], [3, 4, 8], [2, 5, 7]]

    def gap(alpha: float) -> float:
        total = 0
        for r, size in zip(rewards, lengths, strict=True):
            fair = [x - alpha * y for x, y in zip(r, size, strict=True)]
            total += size[fair.index(max(fair))] - size[fair.index(min(fair))]
        return abs(total / 3)

    grades, alpha = length_fair(rewards, lengths)
    assert gap(alpha) == pytest.approx(min(gap(step / 1000) for step in range(1001)))
    assert gap(alpha) < gap(0)
    assert grades[0].scores == pytest.approx([0.5 - 2 * alpha, 1 - 9 * alpha, 0.2 - 4 * alpha])
