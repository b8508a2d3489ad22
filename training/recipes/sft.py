"""SFT: a policy imitates answers that people wrote, corrected or preferred."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from feedback.evidence import Evidence
from training.progress import Reporter
from training.recipes.base import Config, Recipe, Rows, Run
from training.recipes.trl_support import Rates, evaluate_policy, fit, pair_rows, prepare, result
from training.recipes.trl_support.answers import FEWEST_ANSWERS, Liked, answer_rows
from training.recipes.trl_support.language import evaluate_likelihood, language_trainer
from training.snapshots import read_evidence

RATES = Rates(small=1e-3, large=2e-5)


class SftConfig(Config):
    """Fields of SFT."""

    epochs: float = Field(default=2, gt=0, le=100, description="Passes over the training rows.")
    batch_size: int = Field(default=16, ge=1, le=1024, description="Rows in one optimiser step.")
    liked_answers: Liked = Field(
        default="alone",
        description="Preferred answers and thumbs up beside written ones: alone (only where nobody "
        "wrote an answer), always, or never.",
    )
    machine_revisions: bool = Field(
        default=False, description="Also imitate revisions that a policy wrote."
    )


class Sft(Recipe):
    """Supervised fine-tuning on demonstrations, revisions and, where asked for, liked answers."""

    name = "sft"
    label = "SFT"
    summary = "Trains a policy to answer as people wrote or corrected it."
    produces = "policy"
    group = "text"
    config_model = SftConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Rows of the default config."""
        return answer_rows(evidence)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """Eight demonstrations and revisions, or, without any, eight answers that people liked."""
        written = counts.get("demonstration_train", 0) + counts.get("revision_train", 0)
        liked = counts.get("comparison_decided_train", 0) + counts.get("verdict_up_train", 0)
        machine = counts.get("machine_revision_train", 0)
        have = written + machine if written else max(machine, liked)
        if have >= FEWEST_ANSWERS:
            return []
        return [
            f"{FEWEST_ANSWERS} answers to imitate are needed to train on (demonstrations and "
            f"revisions; without any, preferred answers or thumbs up), and there are {have}."
        ]

    def warnings(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """Also that what a policy wrote is left out unless it is asked for."""
        found = super().warnings(counts, config)
        have = counts.get("machine_revision_train", 0)
        if have and not SftConfig.model_validate(config.model_dump()).machine_revisions:
            found.append(f"{have} revisions were written by a policy, and are left out as set.")
        return found

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report how much likelier held-out answers became; on held-out comparisons too."""
        config = SftConfig.model_validate(run.config)
        evidence = list(read_evidence(run.snapshot))
        rows = answer_rows(evidence, config.liked_answers, machine=config.machine_revisions)
        prepared = prepare(run, config, rows, RATES, fewest=FEWEST_ANSWERS)
        trainer = language_trainer(prepared)
        fit(trainer, run, reporter)
        against = (trainer.model, prepared.tokenizer, prepared.base_model)
        pairs = prepared.fitting(pair_rows(evidence).test)
        evaluation = evaluate_likelihood(*against, prepared.test, reporter.should_stop)
        evaluation |= evaluate_policy(*against, pairs, reporter.should_stop)
        return result(prepared, trainer, evaluation)
