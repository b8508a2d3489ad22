"""Online DPO: rounds in which a policy answers, a grader chooses, and the policy learns the choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from training.progress import OUTPUT, Reporter
from training.recipes.base import Config, Recipe, Rows, Run
from training.recipes.preference_support.cautions import odd_beta
from training.recipes.sample_support.choosing import (
    FEWEST_PAIRS,
    best_and_worst,
    likely_winner_and_loser,
    nothing_left,
    own_and_reference,
    pairs_of,
)
from training.recipes.sample_support.config import (
    GRADER,
    SampledConfig,
    few_prompts,
    missing_prompts,
)
from training.recipes.sample_support.graders import figures_of, graded
from training.recipes.sample_support.held_out import evaluate_samples
from training.recipes.sample_support.pair_training import PairLoss, pair_trainer
from training.recipes.sample_support.prompts import (
    Prompt,
    Prompts,
    read_prompts,
    some_of,
    with_answers,
)
from training.recipes.sample_support.rounds import Round, play_rounds
from training.recipes.sample_support.samples import local, sampled
from training.recipes.sample_support.summary import of_rounds, report_of
from training.recipes.trl_support import Rates, fit, prepare

RATES = Rates(small=4e-4, large=5e-6)


class OnlineDpoConfig(SampledConfig):
    """Fields of online DPO."""

    rounds: int = Field(
        default=3,
        ge=1,
        le=100,
        description="Times that the policy is sampled, graded and trained; each begins with the last "
        "one's policy.",
    )
    prompts_per_round: int = Field(
        default=256, ge=0, description="Prompts drawn for a round; 0 takes all of them."
    )
    loss: Literal["sigmoid", "ipo", "sppo"] = Field(
        default="sigmoid",
        description="sigmoid and ipo learn which answer is better; sppo how likely it is to win, with "
        "the policy of the round before as reference.",
        json_schema_extra={
            "x-labels": {
                "sigmoid": "sigmoid: DPO",
                "ipo": "ipo: a bounded goal (IPO)",
                "sppo": "sppo: win probabilities (soft SPPO)",
            }
        },
    )
    beta: float = Field(
        default=0.1,
        gt=0,
        le=10,
        description="How strongly the policy is held near its reference; sppo moves a sure winner by "
        "0.5 / beta nats.",
    )
    explore: float = Field(
        default=0,
        ge=0,
        le=1,
        description="XPO's bonus for leaving what the base would write, such as 1e-5; pairs are then "
        "an answer of the policy and one of the base.",
    )


class OnlineDpo(Recipe):
    """Direct preference optimisation on the policy's own answers, generated in rounds."""

    name = "online_dpo"
    label = "Online DPO"
    summary = "Samples answers, has a reward model, judge or rule choose, learns the choice, again."
    produces = "policy"
    group = "samples"
    needs = {"grader": GRADER}
    labelled = False
    config_model = OnlineDpoConfig

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight prompts."""
        return missing_prompts(counts)

    def warnings(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """Also: few prompts, and a bonus that a loss has no use for."""
        settings = OnlineDpoConfig.model_validate(config.model_dump())
        found = [
            *super().warnings(counts, config),
            *few_prompts(counts),
            *odd_beta(settings.beta),
        ]
        if settings.explore and settings.loss == "sppo":
            found.append("XPO's bonus is made for sigmoid; with sppo it has no theory behind it.")
        return found

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Play the rounds, and report rewards on held-out prompts before and after.

        Guo et al. 2024 (arXiv:2402.04792); with `explore` XPO, Xie et al. 2024 (arXiv:2405.21046);
        with `sppo` Wu et al. 2024 (arXiv:2405.00675).
        """
        config = OnlineDpoConfig.model_validate(run.config)
        prompts = read_prompts(run, config)
        reports = play_rounds(
            run, reporter, config.rounds, lambda turn: _play(turn, config, prompts)
        )
        evaluation = evaluate_samples(run, config, prompts.test, run.directory / OUTPUT, reporter)
        return of_rounds(reports, prompts, evaluation)


def _play(turn: Round, config: OnlineDpoConfig, prompts: Prompts) -> Mapping[str, Any]:
    told = turn.reporter
    drawn = some_of(prompts.train, config.prompts_per_round, config.seed + turn.number)
    items = with_answers(drawn, _answers(turn, config, drawn))
    grades = graded(turn.run.directory / "grades.jsonl", turn.run.models["grader"], items, told)
    told.saved(0, "")
    choose = likely_winner_and_loser if config.loss == "sppo" else best_and_worst
    rows, lost = pairs_of(items, grades, own_and_reference if config.explore else choose)
    over = nothing_left(turn, rows, lost, grades)
    if over is not None:
        return over
    prepared = prepare(turn.run, config, Rows(train=rows), RATES, fewest=FEWEST_PAIRS)
    loss = PairLoss(config.loss, config.beta, config.explore)
    reference = turn.run.base_model if config.loss == "sppo" else turn.origin
    trainer = pair_trainer(prepared, reference, loss, told)
    fit(trainer, turn.run, told)
    return report_of(prepared, trainer, lost, {"pairs": len(rows), **figures_of(grades)})


def _answers(turn: Round, config: OnlineDpoConfig, prompts: list[Prompt]) -> dict[str, list[str]]:
    """The policy's answers; when it explores one of them, and one of the base's."""
    folder, told = turn.run.directory, turn.reporter
    params = config.sampling(config.seed + 1000 * turn.number, 1 if config.explore else None)
    policy = sampled(folder / "samples.jsonl", local(turn.run.base_model), prompts, params, told)
    answers = {key: [sample.text for sample in own] for key, own in policy.items()}
    if config.explore:
        other = config.sampling(config.seed + 1000 * turn.number + 1, 1)
        base = sampled(
            folder / "base.jsonl", local(turn.origin), prompts, other, told, "Sampling the base"
        )
        for key, own in base.items():
            answers[key].append(own[0].text)
    return answers
