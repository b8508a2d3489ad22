"""Reward models on pairs: every loss and body learns an order, and learns what else it says it learns."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from safetensors.torch import load_file

from tests.training.recipes import qualities as world
from training.progress import OUTPUT, Stopped
from training.recipes import get_recipe, reward_model
from training.recipes.base import Run
from training.recipes.reward_support.transformer import LEARNED, build_trainer
from training.recipes.trl_support import prepare
from training.recipes.trl_support.arguments import Rates
from training.sampling.local.reward_models import load_reward_model
from training.snapshots import read_evidence

FROZEN = {"head": "frozen"}
QUICK = {"epochs": 3, "batch_size": 8, "save_steps": 3, "learning_rate": 5e-3}
LOSSES = get_args(reward_model.Loss)


def in_order(directory: Path, numbers: range = range(900, 904)) -> bool:
    """Whether new answers get rewards in the order of their quality, on average."""
    model = load_reward_model(str(directory / OUTPUT), "cpu")
    means = []
    for quality in range(4):
        found = model.rewards([world.conversation(number, quality) for number in numbers])
        means.append(sum(found) / len(found))
    return means == sorted(means) and means[3] - means[0] > 0.5


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_learns_the_order(loss: str, freeze: Any, run: Any, recorder: Any) -> None:
    ties = loss in reward_model.TIED
    job = run(freeze(list(world.comparisons(80, ties=ties))), {**FROZEN, "loss": loss})
    reporter = recorder()
    result = get_recipe("reward_model").train(job, reporter)
    assert result["evaluation"]["accuracy"]["value"] >= 0.9
    assert reporter.values[-1]["loss"] < reporter.values[0]["loss"]
    assert in_order(job.directory)
    assert result["config"]["loss"] == loss


def test_ties_are_used_by_losses_that_can(freeze: Any, run: Any, recorder: Any) -> None:
    snapshot = freeze(list(world.comparisons(80, ties=True)))
    trained = {
        loss: get_recipe("reward_model").train(run(snapshot, {**FROZEN, "loss": loss}), recorder())
        for loss in ("bradley_terry", "half", "rao_kupper", "cumulative_link")
    }
    assert trained["bradley_terry"]["rows"]["unusable"]["tie"] > 20
    for loss in ("half", "rao_kupper", "cumulative_link"):
        assert "tie" not in trained[loss]["rows"]["unusable"]
    assert trained["rao_kupper"]["learned"]["tie_threshold"] > 0
    cuts = trained["cumulative_link"]["learned"]["cut_points"]
    assert cuts == sorted(cuts)
    assert cuts[0] > 0


def test_a_liar_is_found_out(freeze: Any, run: Any, recorder: Any) -> None:
    job = run(freeze(list(world.comparisons(120, liar=True))), {**FROZEN, "loss": "crowd_bt"})
    learned = get_recipe("reward_model").train(job, recorder())["learned"]["reliability"]
    assert learned["liar"] < 0.3
    assert min(learned["ann 0"], learned["ann 1"]) > 0.8
    assert in_order(job.directory)
    assert json.loads((job.directory / OUTPUT / "reward.json").read_text())["learned"] == {
        "reliability": learned
    }


def test_a_loss_that_learns_resumes_exactly(
    freeze: Any, run: Any, recorder: Any, weights_digest: Any
) -> None:
    """Its parameters, their optimiser state and the model's weights are those of an undisturbed run."""
    snapshot = freeze(list(world.comparisons(48, ties=True)))
    config = {**QUICK, "loss": "cumulative_link", "epochs": 2}
    recipe = get_recipe("reward_model")
    whole, parts = run(snapshot, config, "whole"), run(snapshot, config, "parts")
    undisturbed = recipe.train(whole, recorder())
    with pytest.raises(Stopped):
        recipe.train(parts, recorder(stop_at=4))
    resumed = recipe.train(parts, recorder())
    assert resumed["learned"] == undisturbed["learned"]
    assert resumed["evaluation"] == undisturbed["evaluation"]
    assert weights_digest(parts.directory / OUTPUT) == weights_digest(whole.directory / OUTPUT)
    start = torch.tensor([0.5, 1.5, 2.5])
    assert not torch.allclose(torch.tensor(undisturbed["learned"]["cut_points"]), start, atol=0.01)


@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
def test_an_ensemble_says_how_sure_it_is(lora: bool, freeze: Any, run: Any, recorder: Any) -> None:
    config = {**QUICK, "members": 3, "loss": "rao_kupper", "lora": lora}
    config["learning_rate"] = 2e-2 if lora else 5e-3
    job = run(freeze(list(world.comparisons(60, ties=True))), config)
    result = get_recipe("reward_model").train(job, recorder())
    assert result["heads"] == ["member 1", "member 2", "member 3"]
    assert result["evaluation"]["uncertainty"]["value"] > 0
    assert load_file(job.directory / OUTPUT / LEARNED)
    model = load_reward_model(str(job.directory / OUTPUT), "cpu")
    heads = model.heads([world.conversation(n, q) for n in range(2) for q in range(4)])
    assert heads.shape == (8, 3)
    assert model.combined(heads) == pytest.approx(heads.mean(axis=1).tolist())
    assert min(model.uncertainties(heads) or [0]) > 0


def test_a_frozen_ensemble_is_as_many_fits(freeze: Any, run: Any, recorder: Any) -> None:
    job = run(freeze(list(world.comparisons(60))), {**FROZEN, "members": 4})
    result = get_recipe("reward_model").train(job, recorder())
    assert result["evaluation"]["accuracy"]["value"] >= 0.9
    assert result["evaluation"]["uncertainty"]["value"] > 0
    assert in_order(job.directory)


def test_a_frozen_head_reads_the_states_of_the_base(
    freeze: Any, run: Any, recorder: Any, weights_digest: Any
) -> None:
    snapshot = freeze(list(world.comparisons(80)))
    config = {**FROZEN, "embedder": "base"}
    first, second = run(snapshot, config, "first"), run(snapshot, config, "second")
    results = [get_recipe("reward_model").train(job, recorder()) for job in (first, second)]
    assert results[0]["evaluation"]["accuracy"]["value"] >= 0.8
    assert weights_digest(first.directory / OUTPUT) == weights_digest(second.directory / OUTPUT)
    assert (first.directory / OUTPUT / "embedder" / "config.json").is_file()
    model = load_reward_model(str(first.directory / OUTPUT), "cpu")
    best, worst = model.rewards([world.conversation(900, 3), world.conversation(900, 0)])
    assert best > worst


def test_a_frozen_fit_stops_when_told(freeze: Any, run: Any, recorder: Any) -> None:
    job = run(freeze(list(world.comparisons(60))), FROZEN)
    with pytest.raises(Stopped):
        get_recipe("reward_model").train(job, recorder(stop_at=2))
    assert not (job.directory / OUTPUT).exists()


def prepared(directory: Path, snapshot: Path, toy: str, **fields: Any) -> tuple[Any, Any]:
    """(prepared, the loss on its rows) of the plain recipe."""
    directory.mkdir()
    given = {"epochs": 1, "batch_size": 8, "learning_rate": 3e-3, "save_steps": 1000}
    config = reward_model.RewardModelConfig.model_validate({**given, **fields})
    lesson = reward_model.lesson_of(list(read_evidence(snapshot)), config)
    rates = Rates(1e-3, 1e-3)
    ready = prepare(Run(directory, toy, snapshot, {}), config, lesson.rows, rates, fewest=1)
    subject = lesson.subject(ready.train, config)
    return dataclasses.replace(ready, train=subject.rows), subject


def test_at_weight_one_it_is_the_stock_trainer(
    make: Any, freeze: Any, toy: str, tmp_path: Path
) -> None:
    import transformers
    from datasets import Dataset
    from trl import RewardConfig, RewardTrainer

    snapshot = freeze([make.comparison(i) for i in range(32)])
    ready, subject = prepared(tmp_path / "ours", snapshot, toy, margin_scale=1.0)
    transformers.set_seed(1)
    ours = trained(build_trainer(ready, subject))
    sides = [
        {
            "prompt": row["prompt"],
            "chosen": row["completions"][0],
            "rejected": row["completions"][1],
            "margin": row["margin"],
        }
        for row in ready.train
    ]
    transformers.set_seed(1)
    arguments = {**ready.arguments, "output_dir": str(tmp_path / "stock")}
    stock = trained(
        RewardTrainer(
            model=ready.base_model,
            args=RewardConfig(**arguments, center_rewards_coefficient=0.01),
            train_dataset=Dataset.from_list(sides),
            processing_class=ready.tokenizer,
        )
    )
    assert ours[0] == pytest.approx(stock[0], abs=2e-4)  # logged losses are rounded
    for key, tensor in stock[1].items():
        assert torch.equal(ours[1][key], tensor), key


def trained(trainer: Any) -> tuple[list[float], dict[str, torch.Tensor]]:
    trainer.train()
    losses = [log["loss"] for log in trainer.state.log_history if "loss" in log]
    return losses, {k: v.detach().clone() for k, v in trainer.model.state_dict().items()}


def test_a_row_of_weight_zero_has_no_pull(make: Any, freeze: Any, toy: str, tmp_path: Path) -> None:
    import transformers

    gradients = []
    for weight in (1.0, 0.0):
        records = [make.comparison(i, weight=weight if i < 4 else 1.0) for i in range(8)]
        snapshot = freeze(records, f"snapshot{weight}", share=0.0)
        ready, subject = prepared(tmp_path / f"run{weight}", snapshot, toy)
        transformers.set_seed(1)
        trainer = build_trainer(ready, subject)
        rows = [trainer.train_dataset[i] for i in range(8)]
        gradients.append([_gradient(trainer, part) for part in (rows, rows[4:])])
    (whole, _), (muted, rest) = gradients
    assert not torch.allclose(whole, muted, atol=1e-6)
    # Weights are scaled to a mean of 1, so the four rows of weight 1 count 2 in a batch of eight.
    assert torch.allclose(muted, rest / 2, rtol=1e-3, atol=1e-6)


def _gradient(trainer: Any, rows: list[Any]) -> torch.Tensor:
    trainer.model.zero_grad()
    trainer.model.train()
    inputs = trainer._prepare_inputs(trainer.data_collator(rows))
    trainer.compute_loss(trainer.model, inputs).backward()
    return torch.cat([p.grad.flatten() for p in trainer.model.parameters() if p.grad is not None])
