"""Best of n: a policy imitates the best of its own samples, as a grader sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, Literal

from pydantic import Field

from training.progress import OUTPUT, Reporter
from training.recipes.base import Config, Recipe, Rows, Run
from training.recipes.sample_support.choosing import check_told_apart
from training.recipes.sample_support.config import (
    GRADER,
    SampledConfig,
    few_prompts,
    missing_prompts,
)
from training.recipes.sample_support.graders import Grades, figures_of, graded
from training.recipes.sample_support.held_out import evaluate_samples
from training.recipes.sample_support.prompts import Prompts, read_prompts, with_answers
from training.recipes.sample_support.rounds import Round, play_rounds
from training.recipes.sample_support.samples import local, sampled
from training.recipes.sample_support.summary import of_rounds, report_of
from training.recipes.trl_support import Rates, fit, prepare
from training.recipes.trl_support.language import language_trainer

RATES = Rates(small=1e-3, large=2e-5)
FEWEST = 4


class BestOfNConfig(SampledConfig):
    """Fields of best of n."""

    epochs: float = Field(default=2, gt=0, le=100, description="Passes over the kept answers.")
    samples: int = Field(
        default=8, ge=2, le=64, description="Answers sampled for each prompt, to choose among."
    )
    keep: Literal["best", "quantile"] = Field(
        default="best",
        description="best keeps one answer a prompt; quantile keeps every answer among the best "
        "of all prompts' (rejection sampling), so that hard prompts may have none.",
    )
    quantile: float = Field(
        default=0.75,
        gt=0,
        lt=1,
        description="For quantile: the share of all answers that are not kept.",
    )


class BestOfN(Recipe):
    """Best-of-n distillation and rejection sampling: sample, grade, keep, imitate."""

    name = "best_of_n"
    label = "Best of n"
    summary = "Samples answers, keeps the best by a reward model, judge or rule, and imitates them."
    produces = "policy"
    group = "samples"
    needs = {"grader": GRADER}
    labelled = False
    config_model = BestOfNConfig

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight prompts."""
        return missing_prompts(counts)

    def warnings(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """Also: few prompts."""
        return [*super().warnings(counts, config), *few_prompts(counts)]

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Sample, imitate the best, and report rewards on held-out prompts before and after.

        Nakano et al. 2021 (arXiv:2112.09332) choose the best of n; as training data: Touvron et al.
        2023 (arXiv:2307.09288, sec. 3.2.3) and Dong et al. 2023 (RAFT, arXiv:2304.06767).
        Raises InvalidInput `nothing_to_learn` where the grader tells too few answers apart.
        """
        config = BestOfNConfig.model_validate(run.config)
        prompts = read_prompts(run, config)
        reports = play_rounds(run, reporter, 1, lambda turn: _play(turn, config, prompts))
        evaluation = evaluate_samples(run, config, prompts.test, run.directory / OUTPUT, reporter)
        return of_rounds(reports, prompts, evaluation)


def _play(turn: Round, config: BestOfNConfig, prompts: Prompts) -> Mapping[str, Any]:
    folder, told = turn.run.directory, turn.reporter
    params = config.sampling(config.seed)
    samples = sampled(
        folder / "samples.jsonl", local(turn.run.base_model), prompts.train, params, told
    )
    texts = {key: [sample.text for sample in own] for key, own in samples.items()}
    items = with_answers(prompts.train, texts)
    grades = graded(folder / "grades.jsonl", turn.run.models["grader"], items, told)
    apart = check_told_apart(grades, between=config.keep == "quantile")
    told.saved(0, "")
    rows, scores = kept_rows(items, grades, config)
    prepared = prepare(turn.run, config, Rows(train=rows), RATES, fewest=FEWEST)
    trainer = language_trainer(prepared)
    fit(trainer, turn.run, told)
    figures = {
        **figures_of(grades),
        "mean_score_kept": fmean(scores),
        "prompts_told_apart": float(apart),
    }
    return report_of(prepared, trainer, {}, figures)


def kept_rows(
    items: Sequence[Mapping[str, Any]], grades: Mapping[str, Grades], config: BestOfNConfig
) -> tuple[list[dict[str, Any]], list[float]]:
    """The answers to imitate and their scores; never an empty one, nor one twice for a prompt."""
    least = None
    if config.keep == "quantile":
        scores = sorted(score for one in grades.values() for score in one.scores)
        least = scores[min(len(scores) - 1, int(config.quantile * len(scores)))]
    rows, kept = [], []
    for item in items:
        scored: dict[str, float] = {}
        for text, score in zip(item["answers"], grades[item["id"]].scores, strict=True):
            if text.strip():
                scored.setdefault(text, score)
        best = sorted(scored.items(), key=lambda pair: -pair[1])
        chosen = best[:1] if least is None else [pair for pair in best if pair[1] >= least]
        rows += [_row(item, text) for text, _ in chosen]
        kept += [score for _, score in chosen]
    return rows, kept


def _row(item: Mapping[str, Any], text: str) -> dict[str, Any]:
    return {
        "prompt": item["messages"],
        "completion": [{"role": "assistant", "content": text}],
        "weight": 1.0,
    }
