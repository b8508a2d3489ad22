"""The weighted adapters: at weight 1 they are TRL's own trainers, and weights do what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from training.recipes import dpo, get_recipe, kto
from training.recipes.base import Run
from training.recipes.trl_support import prepare
from training.recipes.trl_support.arguments import Rates
from training.snapshots import read_evidence

MODULES = {"dpo": dpo, "kto": kto}
CONFIG = {"epochs": 1, "batch_size": 8, "learning_rate": 3e-3, "save_steps": 1000}


def prepared(name: str, directory: Path, snapshot: Path, toy: str, **fields: Any) -> Any:
    recipe = get_recipe(name)
    directory.mkdir()
    config = recipe.config_model.model_validate({**CONFIG, **fields})
    rows = recipe.rows(read_evidence(snapshot))
    run = Run(directory, toy, snapshot, {})
    return prepare(run, config, rows, Rates(1e-3, 1e-3), fewest=1)


def stock_trainer(name: str, ready: Any) -> Any:
    """TRL's trainer, as its documentation builds it, on the same rows."""
    import trl

    extras: dict[str, dict[str, Any]] = {
        "dpo": {"beta": 0.1},
        "kto": {"beta": 0.1, "train_sampling_strategy": "sequential"},
    }
    config_class, trainer_class = {
        "dpo": (trl.DPOConfig, trl.DPOTrainer),
        "kto": (trl.KTOConfig, trl.KTOTrainer),
    }[name]
    return trainer_class(
        model=ready.base_model,
        args=config_class(**ready.arguments, **extras[name]),
        train_dataset=ready.dataset().remove_columns("weight"),
        processing_class=ready.tokenizer,
    )


def trained(trainer: Any) -> tuple[list[float], dict[str, torch.Tensor]]:
    trainer.train()
    losses = [log["loss"] for log in trainer.state.log_history if "loss" in log]
    return losses, {k: v.detach().clone() for k, v in trainer.model.state_dict().items()}


@pytest.mark.parametrize("name", list(MODULES))
def test_at_weight_one_it_is_the_stock_trainer(
    name: str, make: Any, freeze: Any, toy: str, tmp_path: Path
) -> None:
    import transformers

    records = [make.comparison(i) for i in range(32)]
    if name == "kto":
        records = [make.verdict(i, desirable=i % 2 == 0) for i in range(40)]
    snapshot = freeze(records)
    results = []
    for side in ("ours", "stock"):
        ready = prepared(name, tmp_path / side, snapshot, toy)
        transformers.set_seed(1)
        build = MODULES[name].build_trainer if side == "ours" else None
        trainer = build(ready) if build else stock_trainer(name, ready)
        results.append(trained(trainer))
    (ours, our_weights), (stock, stock_weights) = results
    assert ours == pytest.approx(stock, abs=2e-4)  # logged losses are rounded
    for key, tensor in stock_weights.items():
        assert torch.allclose(our_weights[key], tensor, atol=2e-4), key


@pytest.mark.parametrize("name", ["dpo"])
def test_weight_zero_is_the_same_as_no_pull_of_the_row(
    name: str, make: Any, freeze: Any, toy: str, tmp_path: Path
) -> None:
    """Contradicting rows of weight 0 leave the losses of one batch's gradient untouched."""
    import transformers

    gradients = []
    for weight in (1.0, 0.0):
        records = [make.comparison(i, weight=weight if i < 4 else 1.0) for i in range(8)]
        snapshot = freeze(records, f"snapshot{weight}", share=0.0)
        ready = prepared(name, tmp_path / f"run{weight}", snapshot, toy)
        transformers.set_seed(1)
        trainer = MODULES[name].build_trainer(ready)
        collate, dataset = trainer.data_collator, trainer.train_dataset
        batch = collate([dataset[i] for i in range(8)])
        rest = collate([dataset[i] for i in range(4, 8)])
        gradients.append([_gradient(trainer, inputs) for inputs in (batch, rest)])
    (whole, _), (muted, rest) = gradients
    assert not torch.allclose(whole, muted, atol=1e-6)
    # Weights are scaled to a mean of 1, so the four rows of weight 1 count 2 in a batch of eight.
    assert torch.allclose(muted, rest / 2, rtol=1e-3, atol=1e-6)


def _gradient(trainer: Any, inputs: dict[str, Any]) -> torch.Tensor:
    trainer.model.zero_grad()
    trainer.model.train()
    trainer.compute_loss(trainer.model, trainer._prepare_inputs(inputs)).backward()
    return torch.cat([p.grad.flatten() for p in trainer.model.parameters() if p.grad is not None])
