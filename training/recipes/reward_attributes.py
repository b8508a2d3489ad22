"""Reward model from ratings: a number for each aspect, and the reward that they make together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from feedback.errors import InvalidInput
from feedback.evidence import Evidence
from training.progress import Reporter
from training.recipes.base import Config, Rows, Run
from training.recipes.reward_support import (
    Lesson,
    RewardRecipe,
    RewardsConfig,
    Subject,
    train_reward_model,
)
from training.recipes.reward_support.measures import measure_ratings
from training.recipes.reward_support.rows import Row, rating_pairs, ratings
from training.recipes.trl_support import held_out_pairs
from training.snapshots import read_evidence

FEWEST = 8


class AspectWeight(BaseModel):
    """How much an aspect counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    aspect: str = Field(min_length=1, max_length=100, description="Its name.")
    weight: float = Field(ge=-100, le=100, description="Its weight in the reward.")


class RewardAttributesConfig(RewardsConfig):
    """Fields of the reward model from ratings."""

    comparisons: bool = Field(
        default=True,
        description="Learn from comparisons too: of one aspect for its head, of the whole for what the heads make.",
    )
    weights: tuple[AspectWeight, ...] = Field(
        default=(),
        max_length=50,
        description="Weights of aspects in the reward, others 0; none: fitted to comparisons of the whole, or all "
        "alike where there are none.",
    )


class RewardAttributes(RewardRecipe):
    """Least squares on ratings, a head for each aspect, with Bradley-Terry on comparisons."""

    name = "reward_attributes"
    label = "Reward model from ratings"
    summary = "Learns a number for every aspect that was rated, and a reward as their weighted sum."
    config_model = RewardAttributesConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Ratings, and comparisons."""
        return ratings(evidence, comparisons=True)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight ratings, not all equal."""
        have = counts.get("rating_train", 0)
        if have < FEWEST:
            return [f"{FEWEST} scores of answers to train on are needed, and there are {have}."]
        if not counts.get("rating_unlike_train", have):  # older snapshots did not count them
            return [
                f"The {have} scores to train on are equal for each aspect: nothing is told apart."
            ]
        return []

    def check(self, config: Config) -> None:
        """No ensembles: heads are aspects."""
        if isinstance(config, RewardAttributesConfig) and config.members > 1:
            said = "An ensemble has a head for each member, and here each aspect has one."
            raise InvalidInput(
                said,
                code="invalid_config",
                hint="Set members to 1.",
                details=[{"where": "members", "message": said}],
            )

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report accuracy on held-out pairs and each aspect's correlation."""
        config = RewardAttributesConfig.model_validate(run.config)
        self.check(config)
        lesson = lesson_of(list(read_evidence(run.snapshot)), config)
        return train_reward_model(run, reporter, config, lesson, measure_ratings)


def lesson_of(evidence: Sequence[tuple[str, Evidence]], config: RewardAttributesConfig) -> Lesson:
    """Ratings and comparisons, measured on comparisons, or on pairs of ratings where there are none."""
    rows = ratings(evidence, comparisons=config.comparisons)
    return Lesson(
        rows=rows,
        fewest=FEWEST,
        pairs=held_out_pairs(evidence) or rating_pairs(rows.test),
        teach=teach,
    )


def teach(annotators: list[str], rows: list[Row], config: RewardAttributesConfig) -> Subject:
    """Heads predict scores less their mean, over their standard deviation."""
    from training.recipes.reward_support.single_losses import Attributes

    scales = aspect_scales(rows)
    names = tuple(scales)
    given = {one.aspect: one.weight for one in config.weights}
    _check_known(given, names)
    start = [given.get(name, 0.0) for name in names] if given else [1 / len(names)] * len(names)
    whole = any(len(row["completions"]) == 2 and not row["aspect"] for row in rows)
    loss = Attributes(start, fixed=bool(given) or not whole)
    shown = {n: {"mean": round(m, 4), "deviation": round(s, 4)} for n, (m, s) in scales.items()}
    used = [_columns(row, scales) for row in rows if _usable(row, scales)]
    return Subject(
        loss=loss,
        rows=used,
        names=names,
        weights=lambda: loss.weights.detach().tolist(),
        facts={"aspects": shown, "rows_of_other_aspects": len(rows) - len(used)},
    )


def aspect_scales(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float, float]]:
    """(mean, standard deviation) of each aspect's scores; raises `too_little_evidence` where all scores of
    every aspect are alike.
    """
    found: dict[str, list[float]] = {}
    for row in rows:
        for aspect, value in row["scores"].items():
            found.setdefault(aspect, []).append(value)
    scales = {aspect: _scale(values) for aspect, values in sorted(found.items())}
    varied = {aspect: scale for aspect, scale in scales.items() if scale[1] > 0}
    if not varied:
        raise InvalidInput(
            "All scores are alike, so there is nothing to learn from them.",
            code="too_little_evidence",
            hint="Collect scores for answers that differ, and freeze a new snapshot.",
        )
    return varied


def _scale(values: Sequence[float]) -> tuple[float, float]:
    middle = math.fsum(values) / len(values)
    return middle, math.sqrt(math.fsum((v - middle) ** 2 for v in values) / len(values))


def _usable(row: Row, scales: Mapping[str, Any]) -> bool:
    """A rating of an aspect that varies, or a comparison of the whole or of one that does."""
    if len(row["completions"]) == 2:
        return not row["aspect"] or row["aspect"] in scales
    return not scales.keys().isdisjoint(row["scores"])


def _columns(row: Row, scales: Mapping[str, tuple[float, float]]) -> Row:
    scores = row["scores"]
    targets = [(scores[n] - m) / s if n in scores else 0.0 for n, (m, s) in scales.items()]
    kept = ("prompt", "completions", "candidates", "annotator", "share", "weight")
    return {
        **{name: row[name] for name in kept},
        "targets": targets,
        "rated": [name in scores for name in scales],
        "compared": [float(name == row["aspect"]) for name in scales],
    }


def _check_known(given: Mapping[str, float], names: Sequence[str]) -> None:
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise InvalidInput(
            f"No scores to train on are about '{unknown[0]}'.",
            code="unknown_aspect",
            hint=f"Aspects with scores that vary: {', '.join(names)}.",
        )
