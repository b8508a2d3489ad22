"""DPO: moves a policy towards preferred answers and away from rejected ones."""

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
    completion_logps,
    evaluate_policy,
    fit,
    metrics_of,
    missing_pairs,
    pair_rows,
    prepare,
    result,
    weighted_trainer,
)
from training.snapshots import read_evidence

RATES = Rates(small=4e-4, large=5e-6)


class DpoConfig(Config):
    """Fields of DPO."""

    epochs: float = Field(default=2, gt=0, le=100, description="Passes over the training rows.")
    batch_size: int = Field(default=16, ge=1, le=1024, description="Rows in one optimiser step.")
    beta: float = Field(
        default=0.1, gt=0, le=10, description="How strongly the policy is held near its reference."
    )


class Dpo(Recipe):
    """Direct preference optimisation on decided comparisons."""

    name = "dpo"
    label = "DPO"
    summary = "Trains a policy directly on comparisons: preferred answers become likelier."
    produces = "policy"
    config_model = DpoConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Preference rows; ties cannot be used."""
        return pair_rows(evidence)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight decided comparisons to train on."""
        return missing_pairs(counts)

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report accuracies on held-out comparisons."""
        config = DpoConfig.model_validate(run.config)
        rows = self.rows(read_evidence(run.snapshot))
        prepared = prepare(run, config, rows, RATES, fewest=FEWEST_PAIRS)
        trainer = build_trainer(prepared)
        fit(trainer, run, reporter)
        evaluation = evaluate_policy(
            trainer.model,
            prepared.tokenizer,
            prepared.base_model,
            prepared.test,
            reporter.should_stop,
        )
        return result(prepared, trainer, evaluation)


def build_trainer(prepared: Prepared) -> Any:
    """TRL's DPOTrainer whose loss is weighted by row; with all weights 1 it is the stock one."""
    from trl import DPOConfig, DPOTrainer
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    return weighted_trainer(
        prepared,
        DPOTrainer,
        DataCollatorForPreference,
        row_losses,
        arguments=DPOConfig(**prepared.arguments, beta=prepared.config.beta),
        task="CAUSAL_LM",
        max_length=prepared.arguments["max_length"],
    )


def row_losses(trainer: Any, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
    """DPO's loss of each pair, and what TRL logs of it; the batch is [chosen; rejected]."""
    from training.objectives import dpo_sigmoid

    both, outputs = completion_logps(model, inputs)
    logps = both.chunk(2)
    reference = trainer.compute_ref_log_probs(trainer.ref_model or trainer.model, inputs)
    _note(trainer, inputs, logps, reference)
    return dpo_sigmoid(*logps, *reference, beta=trainer.beta), outputs


def _note(trainer: Any, inputs: dict[str, Any], logps: Any, reference: Any) -> None:
    pairs = zip(logps, reference, strict=True)
    chosen, rejected = (trainer.beta * (p.detach() - r) for p, r in pairs)
    values = {
        "rewards/chosen": chosen,
        "rewards/rejected": rejected,
        "rewards/accuracies": (chosen > rejected).float(),
        "rewards/margins": chosen - rejected,
        "logps/chosen": logps[0].detach(),
        "logps/rejected": logps[1].detach(),
    }
    metrics = metrics_of(trainer, inputs)
    for name, value in values.items():
        metrics[name].append(trainer.accelerator.gather_for_metrics(value).mean().item())
