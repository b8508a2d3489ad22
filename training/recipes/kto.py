"""KTO and BCO: a policy moves by thumbs alone, towards wanted answers and away from unwanted ones."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from feedback.errors import InvalidInput
from feedback.evidence import Evidence
from training.progress import Reporter
from training.recipes.base import RARE, Config, Recipe, Rows, Run
from training.recipes.preference_support.cautions import odd_beta
from training.recipes.preference_support.matching import matched_prompts
from training.recipes.preference_support.references import answer_columns, reference_once
from training.recipes.preference_support.unpaired import kept_shift, new_shift, unpaired_losses
from training.recipes.trl_support import (
    Prepared,
    Rates,
    evaluate_policy,
    evaluate_verdicts,
    fit,
    pair_rows,
    prepare,
    result,
    verdict_rows,
    weighted_trainer,
)
from training.snapshots import read_evidence

FEWEST = 4
RATES = Rates(small=6e-4, large=5e-6)


ONE_SIDED = 4  # times as many of one sign as of the other
SMALL_BATCH = 8


class KtoConfig(Config):
    """Fields of KTO."""

    epochs: float = Field(default=2, gt=0, le=100, description="Passes over the training rows.")
    batch_size: int = Field(default=16, ge=2, le=1024, description="Rows in one optimiser step.")
    loss: Literal["kto", "apo_zero_unpaired", "bco"] = Field(
        default="kto",
        description="kto: against the batch's mean distance from the reference; apo_zero_unpaired: "
        "against none; bco: a classifier of wanted and unwanted with a running shift.",
        json_schema_extra={
            "x-labels": {"kto": "KTO", "apo_zero_unpaired": "APO-zero", "bco": "BCO"}
        },
    )
    beta: float = Field(
        default=0.1, gt=0, le=10, description="How strongly the policy is held near its reference."
    )
    desirable_weight: float = Field(
        default=1, ge=0, le=100, description="How much an answer with a thumb up counts."
    )
    undesirable_weight: float = Field(
        default=1, ge=0, le=100, description="How much an answer with a thumb down counts."
    )
    match_prompts: bool = Field(
        default=False,
        description="For bco: weigh thumbs down so that their prompts resemble those of thumbs up.",
        json_schema_extra=RARE,
    )
    unpair_comparisons: bool = Field(
        default=True,
        description="Where there are no thumbs at all, use both sides of each comparison.",
        json_schema_extra=RARE,
    )
    reference_once: bool = Field(
        default=True,
        description="Compute the reference's log-probabilities once before training: no second "
        "model in memory, the same losses.",
        json_schema_extra=RARE,
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.match_prompts and self.loss != "bco":
            raise ValueError("match_prompts belongs to bco")
        if self.loss == "kto" and self.micro_batch_size == 1:
            raise ValueError("kto compares the rows of a micro batch: it needs two at least")
        return self


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

    def warnings(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """Also: thumbs that are mostly of one sign, and batches too small for the mean that KTO reads."""
        settings = KtoConfig.model_validate(config.model_dump())
        found = [*super().warnings(counts, config), *odd_beta(settings.beta)]
        up, down = (counts.get(f"verdict_{side}_train", 0) for side in ("up", "down"))
        weighed = settings.desirable_weight * up, settings.undesirable_weight * down
        if min(weighed) * ONE_SIDED < max(weighed):
            found.append(
                f"The thumbs are one-sided, {up} up and {down} down: raise the weight of the rarer ones."
            )
        if (
            settings.loss == "kto"
            and (settings.micro_batch_size or settings.batch_size) < SMALL_BATCH
        ):
            found.append(
                f"KTO's point of reference is a mean over the micro batch; below {SMALL_BATCH} rows it is noise."
            )
        return found

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report accuracies on held-out comparisons, or verdicts where there are
        none.
        """
        config = KtoConfig.model_validate(run.config)
        evidence = list(read_evidence(run.snapshot))
        rows = verdict_rows(evidence, unpair=config.unpair_comparisons)
        if config.match_prompts:
            rows = matched_prompts(rows)
        prepared = prepare(run, config, _shuffled(rows, config.seed), RATES, fewest=2 * FEWEST)
        _check_both_signs(prepared.train)
        trainer = build_trainer(prepared, reporter)
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


def build_trainer(prepared: Prepared, reporter: Reporter | None = None) -> Any:
    """TRL's KTOTrainer whose loss is weighted by row; with all weights 1 it is the stock one."""
    from trl import KTOConfig, KTOTrainer
    from trl.trainer.kto_trainer import DataCollatorForUnpairedPreference

    config: KtoConfig = prepared.config
    arguments = KTOConfig(
        **prepared.arguments,
        # With this name TRL leaves out the neighbours' completions, which only KTO reads.
        loss_type="kto" if config.loss == "kto" else "apo_zero_unpaired",
        beta=config.beta,
        desirable_weight=config.desirable_weight,
        undesirable_weight=config.undesirable_weight,
        train_sampling_strategy="sequential",
        precompute_ref_log_probs=config.reference_once and not config.lora,
    )
    trainer = weighted_trainer(
        prepared,
        KTOTrainer,
        DataCollatorForUnpairedPreference,
        unpaired_losses(config.loss),
        arguments=arguments,
        task="CAUSAL_LM",
        reference=reference_once(answer_columns, reporter) if config.reference_once else None,
        kept=kept_shift if config.loss == "bco" else None,
        max_length=prepared.arguments["max_length"],
    )
    trainer.shift = new_shift()
    return trainer
