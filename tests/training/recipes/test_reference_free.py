"""ORPO, CPO and SimPO: the losses as their papers write them, learnt without a reference model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from training.recipes import get_recipe
from training.recipes.base import Run
from training.recipes.reference_free import ReferenceFreeConfig, build_trainer, row_losses, rows_for
from training.recipes.trl_support import prepare
from training.recipes.trl_support.arguments import Rates
from training.sampling.local.scoring import conversation_ids, log_probabilities

CONFIG = {"epochs": 3, "batch_size": 8, "learning_rate": 3e-3, "save_steps": 1000}


@pytest.fixture(scope="module")
def trainer(make: Any, toy: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    config = ReferenceFreeConfig.model_validate(CONFIG)
    records = [("train", make.comparison(i, good="Of course! " * (1 + i % 3))) for i in range(4)]
    directory = tmp_path_factory.mktemp("free")
    run = Run(directory, toy, directory, {})
    return build_trainer(prepare(run, config, rows_for(records, config), Rates(1, 1), fewest=1))


@pytest.mark.parametrize("loss", ["orpo", "cpo", "simpo"])
def test_the_losses_are_those_of_the_papers(loss: str, trainer: Any) -> None:
    """Each row by hand, from the log-probabilities that evaluation computes by itself."""
    config = ReferenceFreeConfig.model_validate({**CONFIG, "loss": loss})
    batch = trainer.data_collator([trainer.train_dataset[i] for i in range(4)])
    inputs = {k: v for k, v in batch.items() if k not in ("weight", "row")}
    with torch.no_grad():
        found = row_losses(config)(trainer, trainer.model, inputs)[0].tolist()
    assert found == pytest.approx([by_hand(trainer, i, config) for i in range(4)], abs=1e-3)


def by_hand(trainer: Any, place: int, config: ReferenceFreeConfig) -> float:
    row, tokenizer = trainer.train_dataset[place], trainer.processing_class
    sums, means = [], []
    for side in ("chosen", "rejected"):
        whole, start = conversation_ids(tokenizer, row["prompt"], row[side])
        sums += log_probabilities(trainer.model, tokenizer, [(row["prompt"], row[side])])
        means.append(sums[-1] / (len(whole) - start))
    if config.loss == "simpo":
        return -math.log(1 / (1 + math.exp(-(2 * (means[0] - means[1]) - 1))))
    if config.loss == "cpo":
        return math.log1p(math.exp(-0.1 * (sums[0] - sums[1]))) - means[0]
    odds = [m - math.log(1 - math.exp(m)) for m in means]
    return -means[0] + 0.1 * math.log1p(math.exp(-(odds[0] - odds[1])))


def test_no_reference_is_loaded_or_computed(trainer: Any) -> None:
    assert trainer.ref_model is None
    assert not {"ref_chosen_logps", "ref_rejected_logps"} & set(trainer.train_dataset.column_names)


@pytest.mark.parametrize("loss", ["orpo", "cpo", "simpo"])
def test_an_easy_taste_is_learnt(
    loss: str, make: Any, freeze: Any, run: Any, recorder: Any, toy: str, weights_digest: Any
) -> None:
    snapshot = freeze([make.comparison(i) for i in range(32)])
    config = {**CONFIG, "loss": loss, "lora": loss == "orpo", "learning_rate": 1e-2}
    job, reporter = run(snapshot, config), recorder()
    result = get_recipe("reference_free").train(job, reporter)
    assert result["evaluation"]["implicit_reward_accuracy"]["value"] >= 0.8
    assert reporter.values[-1]["loss"] < reporter.values[0]["loss"]
    assert weights_digest(job.directory / "output") != weights_digest(Path(toy))


def test_orpo_refuses_a_weight_of_imitation() -> None:
    with pytest.raises(ValidationError, match="part of orpo"):
        ReferenceFreeConfig(imitation=0.5)


def test_a_contrast_without_imitation_is_warned_of() -> None:
    counts = {"prompts_test": 100, "comparison_decided_train": 500}
    recipe = get_recipe("reference_free")
    found = recipe.warnings(counts, ReferenceFreeConfig(loss="cpo", imitation=0))
    assert ["nothing holds" in sentence for sentence in found] == [True]
    assert recipe.warnings(counts, ReferenceFreeConfig()) == []
