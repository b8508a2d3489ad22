"""KTO: moves a policy by thumbs alone, towards wanted answers and away from unwanted ones."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import Field

from feedback.errors import InvalidInput
from feedback.evidence import Evidence
from training.progress import Reporter
from training.recipes.base import Config, Recipe, Rows, Run
from training.recipes.trl_support import (
    Prepared,
    Rates,
    completion_logps,
    evaluate_policy,
    evaluate_verdicts,
    fit,
    metrics_of,
    pair_rows,
    prepare,
    result,
    verdict_rows,
    weighted_trainer,
)
from training.snapshots import read_evidence

FEWEST = 4
RATES = Rates(small=6e-4, large=5e-6)


class KtoConfig(Config):
    """Fields of KTO."""

    epochs: float = Field(default=2, gt=0, le=100, description="Passes over the training rows.")
    batch_size: int = Field(default=16, ge=2, le=1024, description="Rows in one optimiser step.")
    beta: float = Field(
        default=0.1, gt=0, le=10, description="How strongly the policy is held near its reference."
    )
    desirable_weight: float = Field(default=1, ge=0, le=100)
    undesirable_weight: float = Field(default=1, ge=0, le=100)
    unpair_comparisons: bool = Field(
        default=True,
        description="Where there are no thumbs at all, use both sides of each comparison.",
    )


class Kto(Recipe):
    """Kahneman-Tversky optimisation on verdicts."""

    name = "kto"
    label = "KTO"
    summary = "Trains a policy on thumbs: wanted answers become likelier, unwanted ones less so."
    produces = "policy"
    config_model = KtoConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Unpaired rows from verdicts, or from comparisons where there are no verdicts."""
        return verdict_rows(evidence)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least four thumbs up and four down, or four decided comparisons and no thumbs."""
        up, down = counts.get("verdict_up_train", 0), counts.get("verdict_down_train", 0)
        pairs = counts.get("comparison_decided_train", 0)
        if not up and not down and pairs >= FEWEST:
            return []
        sides = (("up", up), ("down", down))
        return [
            f"{FEWEST} thumbs {side} to train on are needed, and there are {have}."
            for side, have in sides
            if have < FEWEST
        ]

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report accuracies on held-out comparisons, or verdicts where there are
        none.
        """
        config = KtoConfig.model_validate(run.config)
        evidence = list(read_evidence(run.snapshot))
        rows = verdict_rows(evidence, unpair=config.unpair_comparisons)
        prepared = prepare(run, config, _shuffled(rows, config.seed), RATES, fewest=2 * FEWEST)
        _check_both_signs(prepared.train)
        trainer = build_trainer(prepared)
        fit(trainer, run, reporter)
        pairs = prepared.fitting(pair_rows(evidence).test)
        evaluate, held_out = (
            (evaluate_policy, pairs) if pairs else (evaluate_verdicts, prepared.test)
        )
        evaluation = evaluate(
            trainer.model, prepared.tokenizer, prepared.base_model, held_out, reporter.should_stop
        )
        return result(prepared, trainer, evaluation)


def _shuffled(rows: Rows, seed: int) -> Rows:
    """TRL reads KTO rows in order, as each row's partner for the KL term is its neighbour in the
    batch.
    """
    train = list(rows.train)
    random.Random(seed).shuffle(train)  # noqa: S311  (no secret)
    return replace(rows, train=train)


def _check_both_signs(rows: Sequence[Mapping[str, Any]]) -> None:
    up = sum(bool(row["label"]) for row in rows)
    for have, side in ((up, "wanted"), (len(rows) - up, "unwanted")):
        if have < FEWEST:
            raise InvalidInput(
                f"There are {have} {side} answers to train on, and at least {FEWEST} are needed.",
                code="too_little_evidence",
                hint="Collect more judgments of that sign and freeze a new snapshot.",
            )


def build_trainer(prepared: Prepared) -> Any:
    """TRL's KTOTrainer whose loss is weighted by row; with all weights 1 it is the stock one."""
    from trl import KTOConfig, KTOTrainer
    from trl.trainer.kto_trainer import DataCollatorForUnpairedPreference

    config: KtoConfig = prepared.config
    arguments = KTOConfig(
        **prepared.arguments,
        beta=config.beta,
        desirable_weight=config.desirable_weight,
        undesirable_weight=config.undesirable_weight,
        train_sampling_strategy="sequential",
    )
    return weighted_trainer(
        prepared,
        KTOTrainer,
        DataCollatorForUnpairedPreference,
        row_losses,
        arguments=arguments,
        task="CAUSAL_LM",
        max_length=prepared.arguments["max_length"],
    )


def row_losses(trainer: Any, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
    """KTO's loss of each row, and what TRL logs of it."""
    from training.objectives import kto

    logps, outputs = completion_logps(model, inputs)
    reference, kl = _references(trainer, model, inputs)
    losses = kto(
        logps,
        reference,
        inputs["label"].bool(),
        kl,
        beta=trainer.beta,
        desirable_weight=trainer.desirable_weight,
        undesirable_weight=trainer.undesirable_weight,
    )
    _note(trainer, inputs, trainer.beta * (logps - reference).detach(), logps.detach(), kl)
    return losses, outputs


def _references(trainer: Any, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
    """The reference's log-probabilities [rows], and the KL estimate of the batch, at least 0."""
    mismatched = trainer._compute_kl_logps(model, inputs)
    reference, ref_mismatched = trainer.compute_ref_log_probs(
        trainer.ref_model or trainer.model, inputs
    )
    kl = (mismatched - ref_mismatched).mean().detach()
    return reference, trainer.accelerator.gather_for_metrics(kl).mean().clamp(min=0)


def _note(trainer: Any, inputs: dict[str, Any], rewards: Any, logps: Any, kl: Any) -> None:
    metrics = metrics_of(trainer, inputs)
    metrics["kl"].append(kl.item())
    desirable = inputs["label"].bool()
    means = {}
    for side, mask in (("chosen", desirable), ("rejected", ~desirable)):
        if mask.any():
            means[side] = rewards[mask].mean().item()
            metrics[f"rewards/{side}"].append(means[side])
            metrics[f"logps/{side}"].append(logps[mask].mean().item())
    if len(means) == 2:
        metrics["rewards/margins"].append(means["chosen"] - means["rejected"])
