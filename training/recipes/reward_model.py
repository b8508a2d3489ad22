"""Reward model: a number for every answer, learnt from which was preferred and how strongly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from feedback.evidence import Evidence
from training.progress import Reporter
from training.recipes.base import Config, Recipe, Rows, Run
from training.recipes.trl_support import (
    FEWEST_PAIRS,
    Prepared,
    Rates,
    evaluate_reward_model,
    fit,
    missing_pairs,
    pair_rows,
    prepare,
    result,
    weighted_trainer,
)
from training.sampling.local.reward_models import Card, Transformer
from training.snapshots import read_evidence

RATES = Rates(small=1e-3, large=1e-5)


class RewardModelConfig(Config):
    """Fields of the reward model."""

    epochs: float = Field(default=2, gt=0, le=100, description="Passes over the training rows.")
    margin_scale: float = Field(
        default=0.5,
        ge=0,
        le=10,
        description="Margin for each step of strength above 'slightly'; 0 ignores strength.",
    )
    center_rewards: float = Field(
        default=0.01, ge=0, le=1, description="Pull of the mean reward towards 0; 0 for none."
    )


class RewardModel(Recipe):
    """Bradley-Terry on decided comparisons, with a margin from strength."""

    name = "reward_model"
    label = "Reward model"
    summary = "Learns a number for every answer from comparisons, and ranks answers by it."
    produces = "reward_model"
    group = "rewards"
    config_model = RewardModelConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Preference rows; ties cannot be used."""
        return pair_rows(evidence)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight decided comparisons to train on."""
        return missing_pairs(counts)

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report held-out accuracy with its interval."""
        config = RewardModelConfig.model_validate(run.config)
        rows = self.rows(read_evidence(run.snapshot))
        prepared = prepare(run, config, rows, RATES, fewest=FEWEST_PAIRS)
        for row in prepared.train:
            row["margin"] *= config.margin_scale
        trainer = build_trainer(prepared)
        fit(trainer, run, reporter)
        model = Transformer(Card(), trainer.model.eval(), prepared.tokenizer)
        evaluation = evaluate_reward_model(model, prepared.test, reporter.should_stop)
        return result(prepared, trainer, evaluation)


def build_trainer(prepared: Prepared) -> Any:
    """TRL's RewardTrainer whose loss is weighted by row; with all weights 1 it is the stock one."""
    from trl import RewardConfig, RewardTrainer
    from trl.trainer.reward_trainer import DataCollatorForPreference

    centre = prepared.config.center_rewards or None
    return weighted_trainer(
        prepared,
        RewardTrainer,
        DataCollatorForPreference,
        row_losses,
        arguments=RewardConfig(**prepared.arguments, center_rewards_coefficient=centre),
        task="SEQ_CLS",
    )


def row_losses(trainer: Any, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
    """Bradley-Terry's loss of each pair, with its margin and the pull towards 0."""
    from trl import RewardTrainer

    from training.objectives import bradley_terry

    # TRL's own loss is computed for what it logs.
    _, outputs = RewardTrainer.compute_loss(trainer, model, inputs, return_outputs=True)
    chosen, rejected = outputs.logits.squeeze(-1).chunk(2)
    losses = bradley_terry(chosen, rejected, inputs["margin"])
    if trainer.args.center_rewards_coefficient is not None:
        losses = losses + trainer.args.center_rewards_coefficient * (chosen + rejected) ** 2
    return losses, outputs
