"""Reward model: a number for every answer, learnt from which was preferred and how strongly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from feedback.evidence import Evidence
from training.progress import Reporter
from training.recipes.base import Config, Recipe, Rows, Run
from training.recipes.trl_support import (
    Prepared,
    Rates,
    evaluate_reward_model,
    fit,
    lora_config,
    pair_rows,
    prepare,
    result,
)
from training.snapshots import read_evidence

FEWEST = 8
RATES = Rates(small=1e-3, large=1e-5)


class RewardModelConfig(Config):
    """Fields of the reward model."""

    epochs: float = Field(default=2, gt=0, le=100, description="Passes over the training rows.")
    batch_size: int = Field(default=16, ge=1, le=1024, description="Rows in one optimiser step.")
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
    config_model = RewardModelConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Preference rows; ties cannot be used."""
        return pair_rows(evidence)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight decided comparisons to train on."""
        have = counts.get("comparison_decided_train", 0)
        if have >= FEWEST:
            return []
        return [f"{FEWEST} decided comparisons to train on are needed, and there are {have}."]

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report held-out accuracy with its interval."""
        config = RewardModelConfig.model_validate(run.config)
        rows = self.rows(read_evidence(run.snapshot))
        prepared = prepare(run, config, rows, RATES, fewest=FEWEST)
        for row in prepared.train:
            row["margin"] *= config.margin_scale
        trainer = build_trainer(prepared)
        fit(trainer, run, reporter)
        evaluation = evaluate_reward_model(
            trainer.model, prepared.tokenizer, prepared.test, reporter.should_stop
        )
        return result(prepared, trainer, evaluation)


def build_trainer(prepared: Prepared) -> Any:
    """TRL's RewardTrainer whose loss is weighted by row; with all weights 1 it is the stock one."""
    from trl import RewardConfig

    config: RewardModelConfig = prepared.config
    arguments = RewardConfig(
        **prepared.arguments, center_rewards_coefficient=config.center_rewards or None
    )
    trainer_class, collator_class = weighted_classes()
    return trainer_class(
        model=prepared.base_model,
        args=arguments,
        train_dataset=prepared.dataset(),
        processing_class=prepared.tokenizer,
        peft_config=lora_config(config, "SEQ_CLS"),
        data_collator=collator_class(pad_token_id=prepared.tokenizer.pad_token_id),
    )


def weighted_classes() -> tuple[Any, Any]:
    """(trainer, collator): TRL's, with a `weight` column carried into the loss."""
    import torch
    from trl import RewardTrainer
    from trl.trainer.reward_trainer import DataCollatorForPreference

    from training.objectives import bradley_terry, weighted_mean

    class Collator(DataCollatorForPreference):  # type: ignore[misc,unused-ignore]
        """Adds the rows' weights."""

        def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
            weight = torch.tensor([float(e["weight"]) for e in examples])
            return {**super().torch_call(examples), "weight": weight}

    class Trainer(RewardTrainer):  # type: ignore[misc,unused-ignore]
        """Weights each row's loss; metrics stay TRL's own."""

        def _set_signature_columns_if_needed(self) -> None:
            super()._set_signature_columns_if_needed()
            if "weight" not in self._signature_columns:
                self._signature_columns.append("weight")

        def compute_loss(
            self,
            model: Any,
            inputs: dict[str, Any],
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            weight = inputs.pop("weight")
            _, outputs = super().compute_loss(model, inputs, return_outputs=True)
            chosen, rejected = outputs.logits.squeeze(-1).chunk(2)
            loss = weighted_mean(bradley_terry(chosen, rejected, inputs["margin"]), weight)
            if self.args.center_rewards_coefficient is not None:
                centre = weighted_mean((chosen + rejected) ** 2, weight)
                loss = loss + self.args.center_rewards_coefficient * centre
            return (loss, outputs) if return_outputs else loss

    return Trainer, Collator
