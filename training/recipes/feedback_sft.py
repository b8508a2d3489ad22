"""Conditional SFT: a policy learns answers together with what was said of them, and is asked for the best."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from feedback.errors import InvalidInput
from feedback.evidence import Evidence
from training.progress import Reporter
from training.recipes.base import Config, Recipe, Rows, Run
from training.recipes.text_support.conditions import (
    GOOD,
    conditioned_template,
    plain_template,
    with_feedback,
)
from training.recipes.text_support.control import evaluate_asked, evaluate_control
from training.recipes.text_support.hindsight import encoded, hindsight_rows
from training.recipes.text_support.judged import balanced, judged_rows
from training.recipes.trl_support import Prepared, Rates, fit, pair_rows, prepare, result
from training.recipes.trl_support.language import language_trainer
from training.snapshots import read_evidence

FEWEST = 8
FEW = 1000  # 600 thumbs taught a policy of 2 million parameters next to nothing about feedback
RATES = Rates(small=3e-3, large=2e-5)
COUNTED = ("verdict_up", "verdict_down", "comparison_decided", "critique_text")
LIKED = ("verdict_up", "demonstration", "revision")


class FeedbackSftConfig(Config):
    """Fields of conditional SFT."""

    epochs: float = Field(default=4, gt=0, le=100, description="Passes over the training rows.")
    batch_size: int = Field(default=16, ge=1, le=1024, description="Rows in one optimiser step.")
    method: Literal["feedback", "hindsight"] = Field(
        default="feedback",
        description="Feedback (ALT): every judged answer after what was said of it; hindsight: both "
        "answers of a comparison in one sequence, each after what was said of it.",
    )
    words: bool = Field(
        default=True,
        description="Put critiques in their own words before the answer they are about.",
    )
    best_feedback: str = Field(
        default=GOOD,
        min_length=1,
        max_length=1000,
        description="What the finished policy is asked for: its chat template puts this before "
        "every prompt.",
    )
    hidden_share: float = Field(
        default=0.15,
        ge=0,
        lt=1,
        description="Hindsight only: the share of the first answer's tokens hidden, so that the "
        "second is not learnt as a copy.",
    )


class FeedbackSft(Recipe):
    """Alignment with textual feedback (Lloret et al. 2024, arXiv:2407.16970) and chain of hindsight
    (Liu et al. 2023, arXiv:2302.02676): supervised training only.
    """

    name = "feedback_sft"
    label = "Conditional SFT"
    summary = "Trains a policy on good and bad answers together with the feedback they got."
    produces = "policy"
    group = "text"
    config_model = FeedbackSftConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Rows of the default config, with the feedback in their prompts."""
        return _rows(list(evidence), FeedbackSftConfig())

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """Eight judgments of answers (thumbs, comparisons, ratings that differ, or critiques in words), which do
        not all say the same.
        """
        have = _judgments(counts)
        if have < FEWEST:
            return [
                f"{FEWEST} judgments of answers to train on are needed (thumbs, comparisons, ratings that "
                f"differ, or critiques), and there are {have}."
            ]
        if not _differ(counts):
            return [
                f"All {have} judgments to train on say the same of an answer: bad ones are needed as well as good."
            ]
        return []

    def warnings(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """Also when there are few judgments, or nearly all thumbs are of one sign and nothing else tells
        good from bad.
        """
        found = super().warnings(counts, config)
        have = _judgments(counts)
        if have < FEW:
            found.append(
                f"With {have} judgments, below about {FEW}, a small policy hardly learns to heed "
                "feedback: look at how often it does."
            )
        up, down = counts.get("verdict_up_train", 0), counts.get("verdict_down_train", 0)
        if not counts.get("comparison_decided_train", 0) and 10 * min(up, down) < max(up, down):
            found.append(
                f"Of the thumbs {up} are up and {down} down: the policy sees little of one kind of "
                "feedback."
            )
        return found

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report whether the policy heeds feedback and prefers the better held-out answers."""
        config = FeedbackSftConfig.model_validate(run.config)
        evidence = list(read_evidence(run.snapshot))
        prepared = prepare(run, config, _rows(evidence, config), RATES, fewest=FEWEST)
        _check_contrast(prepared.train)
        tokenizer = prepared.tokenizer
        tokenizer.chat_template = plain_template(tokenizer.chat_template)
        trainer = language_trainer(_encoded(prepared))
        plain, tokenizer.chat_template = (
            tokenizer.chat_template,
            conditioned_template(tokenizer.chat_template, config.best_feedback),
        )
        fit(trainer, run, reporter)  # what it saves asks for the best feedback
        tokenizer.chat_template = plain
        judged = prepared.fitting(judged_rows(evidence, words=False).test)
        pairs = prepared.fitting(pair_rows(evidence).test)
        model, stop = trainer.model, reporter.should_stop
        evaluation = evaluate_control(model, tokenizer, judged, stop) | evaluate_asked(
            model, tokenizer, prepared.base_model, pairs, config.best_feedback, stop
        )
        return result(prepared, trainer, evaluation)


def _judgments(counts: Mapping[str, int]) -> int:
    return sum(counts.get(f"{name}_train", 0) for name in COUNTED) + _ratings(counts)


def _ratings(counts: Mapping[str, int]) -> int:
    """Rated answers, where ratings differ: equal ones tell nothing apart. Older snapshots did not count them."""
    if "rated_train" not in counts:
        return counts.get("rating_train", 0)
    return counts.get("rated_train", 0) if counts.get("rating_unlike_train", 0) else 0


def _differ(counts: Mapping[str, int]) -> bool:
    """Whether there can be two kinds of feedback; a comparison may find both answers bad."""
    liked = any(counts.get(f"{name}_train", 0) for name in LIKED)
    disliked = counts.get("verdict_down_train", 0) or counts.get("comparison_train", 0)
    both = any(counts.get(f"{name}_train", 0) for name in ("comparison_decided", "critique_text"))
    return bool(both or _ratings(counts) or (liked and disliked))


def _rows(evidence: Sequence[tuple[str, Evidence]], config: FeedbackSftConfig) -> Rows:
    if config.method == "hindsight":
        return hindsight_rows(pair_rows(evidence))
    rows = judged_rows(evidence, words=config.words)
    train, test = (
        [{**row, "prompt": with_feedback(row["prompt"], row["feedback"])} for row in side]
        for side in (balanced(rows.train), rows.test)
    )
    return Rows(train=train, test=test, unusable=rows.unusable)


def _encoded(prepared: Prepared) -> Prepared:
    """With the rows of hindsight as tokens, as two answers of each count; others as they are."""
    config: FeedbackSftConfig = prepared.config
    if config.method != "hindsight":
        return prepared
    rows = encoded(prepared.train, prepared.tokenizer, config.hidden_share, config.seed)
    return dataclasses.replace(prepared, train=rows)


def _check_contrast(rows: Sequence[Mapping[str, Any]]) -> None:
    if len({row["feedback"] for row in rows}) < 2:
        raise InvalidInput(
            f"All {len(rows)} answers to train on got the same feedback, so that there is nothing "
            "to tell apart.",
            code="one_sided_feedback",
            hint="Judge bad answers as well as good ones, and freeze a new snapshot.",
        )
