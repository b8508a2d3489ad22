"""Reward model from thumbs: how likely an answer is wanted, apart from how easily somebody says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
from training.recipes.reward_support.measures import measure_thumbs
from training.recipes.reward_support.rows import Row, thumbs
from training.recipes.trl_support import held_out_pairs
from training.snapshots import read_evidence

FEWEST = 4  # of each sign
ONE_SIDED = 10  # times as many of one sign as of the other: the rarer one is learnt badly


class RewardThumbsConfig(RewardsConfig):
    """Fields of the reward model from thumbs."""


class RewardThumbs(RewardRecipe):
    """Logistic, with an intercept for each annotator."""

    name = "reward_thumbs"
    label = "Reward model from thumbs"
    summary = (
        "Learns how likely an answer gets a thumb up; generous and strict people are told apart."
    )
    config_model = RewardThumbsConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Thumbs on texts."""
        return thumbs(evidence)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least four thumbs up and four down."""
        sides = {side: counts.get(f"verdict_{side}_train", 0) for side in ("up", "down")}
        return [
            f"{FEWEST} thumbs {side} to train on are needed, and there are {have}."
            for side, have in sides.items()
            if have < FEWEST
        ]

    def warnings(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """One-sided thumbs."""
        few, many = sorted(counts.get(f"verdict_{side}_train", 0) for side in ("up", "down"))
        found = super().warnings(counts, config)
        if many > ONE_SIDED * few:
            found.append(f"Thumbs are one-sided: {many} of one sign and {few} of the other.")
        return found

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report how far wanted answers lie above unwanted ones."""
        config = RewardThumbsConfig.model_validate(run.config)
        lesson = lesson_of(list(read_evidence(run.snapshot)))
        return train_reward_model(run, reporter, config, lesson, measure_thumbs)


def lesson_of(evidence: Sequence[tuple[str, Evidence]]) -> Lesson:
    """Thumbs; comparisons are only measured on."""
    return Lesson(
        rows=thumbs(evidence), fewest=2 * FEWEST, pairs=held_out_pairs(evidence), teach=teach
    )


def teach(annotators: list[str], rows: list[Row], config: RewardThumbsConfig) -> Subject:
    """Refuses thumbs that are all alike."""
    from training.recipes.reward_support.single_losses import Thumb

    check_both_signs([row["desirable"] for row in rows])
    return Subject(loss=Thumb(annotators), rows=rows)


def check_both_signs(signs: Sequence[bool]) -> None:
    """Raises InvalidInput `too_little_evidence` where one sign is missing."""
    up = sum(signs)
    for have, side in ((up, "up"), (len(signs) - up, "down")):
        if have < FEWEST:
            raise InvalidInput(
                f"There are {have} thumbs {side} to train on, and at least {FEWEST} are needed.",
                code="too_little_evidence",
                hint="Collect more judgments of that sign and freeze a new snapshot.",
            )
