"""DPO: moves a policy towards preferred answers and away from rejected ones, by any loss of its family."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from feedback.errors import InvalidInput
from feedback.evidence import Evidence
from training.progress import Reporter
from training.recipes.base import Config, Recipe, Rows, Run
from training.recipes.preference_support.cautions import direct_cautions, learnt_from
from training.recipes.preference_support.course import fit_and_measure
from training.recipes.preference_support.direct_config import DpoConfig, mix_of
from training.recipes.preference_support.labels import (
    Labelling,
    Scores,
    labelled,
    scores_of,
)
from training.recipes.preference_support.mixing import COLUMNS, TIE_AWARE, direct_losses
from training.recipes.preference_support.noise import flip_rate
from training.recipes.preference_support.pairs import (
    FEWEST,
    Wanted,
    decided,
    left_out,
    missing_preferences,
    preference_rows,
)
from training.recipes.preference_support.references import pair_columns, reference_once
from training.recipes.trl_support import (
    Prepared,
    Rates,
    prepare,
    weighted_trainer,
)
from training.snapshots import read_evidence, read_manifest

RATES = Rates(small=4e-4, large=5e-6)


class Dpo(Recipe):
    """Direct preference optimisation on everything that says which of two answers is better."""

    name = "dpo"
    label = "DPO"
    summary = "Trains a policy directly on comparisons: preferred answers become likelier."
    produces = "policy"
    config_model = DpoConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Rows of the default config; ties cannot be used."""
        return rows_for(list(evidence), DpoConfig())

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight decided comparisons, amounts or revisions to train on."""
        return missing_preferences(counts)

    def lacking(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """Also when the config leaves out too much of it."""
        settings = DpoConfig.model_validate(config.model_dump())
        return self.missing(counts) or left_out(learnt_from(counts, settings))

    def warnings(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """Also: few pairs, labels that the loss does not read, and goals far from the reference."""
        settings = DpoConfig.model_validate(config.model_dump())
        return [*super().warnings(counts, config), *direct_cautions(counts, settings)]

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report accuracies on held-out pairs."""
        config = DpoConfig.model_validate(run.config)
        evidence = list(read_evidence(run.snapshot))
        pairs = preference_rows(evidence, _wanted(config))
        config = _measured(config, pairs, run)
        rows = labelled(pairs, _labelling(config), _margin_scores(evidence, config))
        prepared = prepare(run, config, rows, RATES, fewest=FEWEST)
        trainer = build_trainer(prepared, reporter)
        return fit_and_measure(trainer, prepared, run, reporter, decided(prepared.test))


def rows_for(evidence: Sequence[tuple[str, Evidence]], config: DpoConfig) -> Rows:
    """Rows with the labels that the config's losses read."""
    pairs = preference_rows(evidence, _wanted(config))
    return labelled(pairs, _labelling(config), _margin_scores(evidence, config))


def _wanted(config: DpoConfig) -> Wanted:
    return Wanted(
        ties=bool(config.losses & (TIE_AWARE - {"squared"})),
        amounts=config.use_amounts,
        only_amounts=config.losses == {"squared"},
        revisions=config.use_revisions,
        machine_revisions=config.machine_revisions,
    )


def _labelling(config: DpoConfig) -> Labelling:
    return Labelling(
        margin_scale=config.margin_scale,
        soft_scale=config.soft_scale,
        amount_scale=config.amount_scale,
        weigh_by_size=config.weigh_by_size,
    )


def _margin_scores(evidence: Sequence[tuple[str, Evidence]], config: DpoConfig) -> Scores | None:
    """The scores that margins come from; raises InvalidInput `unknown_aspect` without any."""
    if not config.margin_aspect:
        return None
    scores = scores_of(evidence, config.margin_aspect)
    if not scores:
        raise InvalidInput(
            f"No answer of the training split is rated on '{config.margin_aspect}'.",
            code="unknown_aspect",
            hint="Name an aspect as its ratings do, or leave margin_aspect empty.",
        )
    return scores


def _measured(config: DpoConfig, pairs: Rows, run: Run) -> DpoConfig:
    """The config with the flip rate measured, where a loss reads it and none was given."""
    hard = "soft" in config.losses and not config.soft_scale
    if config.flip_rate is not None or not ("robust" in config.losses or hard):
        return config
    reliabilities = "weights" in read_manifest(run.snapshot).options
    measured = flip_rate(pairs.train, reliabilities=reliabilities)
    return config.model_copy(update={"flip_rate": round(measured, 4)})


def build_trainer(prepared: Prepared, reporter: Reporter | None = None) -> Any:
    """TRL's DPOTrainer whose loss is weighted by row; with all weights 1 it is the stock one."""
    from trl import DPOConfig, DPOTrainer
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    config: DpoConfig = prepared.config
    synced = config.sync_reference_steps > 0
    once = config.reference_once and not synced
    arguments = DPOConfig(
        **prepared.arguments,
        beta=config.beta,
        ld_alpha=config.extra_length_weight,
        use_weighting=config.weigh_by_likelihood,
        precompute_ref_log_probs=once and not config.lora,
        sync_ref_model=synced,
        ref_model_sync_steps=max(1, config.sync_reference_steps),
        ref_model_mixup_alpha=config.sync_reference_share,
    )
    return weighted_trainer(
        prepared,
        DPOTrainer,
        DataCollatorForPreference,
        direct_losses(mix_of(config)),
        arguments=arguments,
        task="CAUSAL_LM",
        columns=COLUMNS,
        reference=reference_once(pair_columns, reporter) if once else None,
        kept=(lambda trainer: trainer.ref_model.state_dict()) if synced else None,
        max_length=prepared.arguments["max_length"],
    )
