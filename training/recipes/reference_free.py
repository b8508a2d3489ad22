"""ORPO, CPO and SimPO: a policy learns preferences without a reference model, in half the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from feedback.evidence import Evidence
from training.progress import Reporter
from training.recipes.base import Config, Recipe, Rows, Run
from training.recipes.preference_support.cautions import few_pairs, pairs_used
from training.recipes.preference_support.course import fit_and_measure
from training.recipes.preference_support.labels import Labelling, labelled
from training.recipes.preference_support.pair_config import PairConfig
from training.recipes.preference_support.pairs import (
    FEWEST,
    Wanted,
    decided,
    left_out,
    missing_preferences,
    preference_rows,
)
from training.recipes.preference_support.references import no_reference
from training.recipes.trl_support import (
    Prepared,
    Rates,
    completion_logps,
    metrics_of,
    prepare,
    weighted_trainer,
)
from training.snapshots import read_evidence

RATES = Rates(small=4e-4, large=5e-6)
BETAS = {"orpo": 0.1, "cpo": 0.1, "simpo": 2.0}


class ReferenceFreeConfig(PairConfig):
    """Fields of the losses without a reference."""

    loss: Literal["orpo", "cpo", "simpo"] = Field(
        default="orpo",
        description="orpo: odds ratio beside imitation; cpo: contrast of whole answers beside imitation; simpo: "
        "contrast by token with a margin.",
        json_schema_extra={"x-labels": {"orpo": "ORPO", "cpo": "CPO", "simpo": "SimPO"}},
    )
    beta: float | None = Field(
        default=None,
        gt=0,
        le=100,
        description="Weight of the contrast; empty: 0.1 for orpo and cpo, 2 for simpo.",
    )
    imitation: float | None = Field(
        default=None,
        ge=0,
        le=100,
        description="Weight of imitating preferred answers beside the contrast; empty: 1 for cpo, 0 for simpo. orpo "
        "always imitates.",
    )
    simpo_margin: float = Field(
        default=1.0, ge=0, le=100, description="By how much simpo wants preferred answers ahead."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.loss == "orpo" and self.imitation is not None:
            raise ValueError(
                "imitation is a part of orpo, whose beta weighs the rest; leave it empty"
            )
        return self

    @property
    def contrast(self) -> float:
        """The beta in force."""
        return BETAS[self.loss] if self.beta is None else self.beta


class ReferenceFree(Recipe):
    """Preferences without a reference model."""

    name = "reference_free"
    label = "ORPO, CPO, SimPO"
    summary = (
        "Trains a policy on comparisons without a reference model: less memory, less anchored."
    )
    produces = "policy"
    config_model = ReferenceFreeConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Rows of the default config; ties cannot be used."""
        return rows_for(evidence, ReferenceFreeConfig())

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight decided comparisons, amounts or revisions to train on."""
        return missing_preferences(counts)

    def lacking(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """Also when the config leaves out too much of it."""
        settings = ReferenceFreeConfig.model_validate(config.model_dump())
        return self.missing(counts) or left_out(pairs_used(counts, settings))

    def warnings(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """Also: few pairs, and a contrast that nothing holds."""
        settings = ReferenceFreeConfig.model_validate(config.model_dump())
        found = [*super().warnings(counts, config), *few_pairs(pairs_used(counts, settings))]
        if settings.loss == "cpo" and settings.imitation == 0:
            found.append("Without imitation nothing holds cpo near the language it began with.")
        return found

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report accuracies on held-out pairs."""
        config = ReferenceFreeConfig.model_validate(run.config)
        rows = rows_for(read_evidence(run.snapshot), config)
        prepared = prepare(run, config, rows, RATES, fewest=FEWEST)
        trainer = build_trainer(prepared)
        return fit_and_measure(trainer, prepared, run, reporter, decided(prepared.test))


def rows_for(evidence: Iterable[tuple[str, Evidence]], config: ReferenceFreeConfig) -> Rows:
    """Rows of pairs, weighted as the config says."""
    wanted = Wanted(
        amounts=config.use_amounts,
        revisions=config.use_revisions,
        machine_revisions=config.machine_revisions,
    )
    labelling = Labelling(weigh_by_size=config.weigh_by_size)
    return labelled(preference_rows(evidence, wanted), labelling)


def build_trainer(prepared: Prepared) -> Any:
    """TRL's DPOTrainer without a reference, with another loss."""
    from trl import DPOConfig, DPOTrainer
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    return weighted_trainer(
        prepared,
        DPOTrainer,
        DataCollatorForPreference,
        row_losses(prepared.config),
        arguments=DPOConfig(**prepared.arguments, precompute_ref_log_probs=True),
        task="CAUSAL_LM",
        reference=no_reference,  # so that none is loaded
        max_length=prepared.arguments["max_length"],
    )


def row_losses(config: ReferenceFreeConfig) -> Callable[..., tuple[Any, Any]]:
    """The config's loss of each pair; the batch is [chosen; rejected]."""

    def losses(trainer: Any, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
        logps, outputs = completion_logps(model, inputs)
        lengths = inputs["completion_mask"][:, 1:].sum(1).clamp_min(1)
        chosen, rejected = logps.chunk(2)
        chosen_mean, rejected_mean = (logps / lengths).chunk(2)
        _note(trainer, inputs, chosen.detach(), rejected.detach(), chosen_mean.detach())
        return LOSSES[config.loss](config, chosen, rejected, chosen_mean, rejected_mean), outputs

    return losses


def _orpo(config: ReferenceFreeConfig, _c: Any, _r: Any, chosen_mean: Any, rejected: Any) -> Any:
    from training.objectives import orpo

    return orpo(chosen_mean, rejected, -chosen_mean, beta=config.contrast)


def _cpo(config: ReferenceFreeConfig, chosen: Any, rejected: Any, mean: Any, _: Any) -> Any:
    from training.objectives import cpo

    alpha = 1.0 if config.imitation is None else config.imitation
    return cpo(chosen, rejected, -mean, beta=config.contrast, alpha=alpha)


def _simpo(config: ReferenceFreeConfig, _c: Any, _r: Any, chosen: Any, rejected: Any) -> Any:
    from training.objectives import simpo

    contrast = simpo(chosen, rejected, beta=config.contrast, gamma=config.simpo_margin)
    return contrast - (config.imitation or 0.0) * chosen


LOSSES: dict[str, Callable[..., Any]] = {"orpo": _orpo, "cpo": _cpo, "simpo": _simpo}


def _note(trainer: Any, inputs: dict[str, Any], chosen: Any, rejected: Any, mean: Any) -> None:
    values = {
        "logps/chosen": chosen,
        "logps/rejected": rejected,
        "logps/margins": chosen - rejected,
        "nll": -mean,
    }
    metrics = metrics_of(trainer, inputs)
    for name, value in values.items():
        metrics[name].append(trainer.accelerator.gather_for_metrics(value).mean().item())
