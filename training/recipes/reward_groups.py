"""Reward models for people who do not agree: groups of annotators with tastes of their own, or one person's lens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from feedback.errors import InvalidInput
from feedback.evidence import Evidence
from training.progress import Reporter
from training.recipes.base import Rows, Run
from training.recipes.reward_support import (
    FrozenConfig,
    Lesson,
    RewardRecipe,
    Subject,
    train_reward_model,
)
from training.recipes.reward_support.measures import measure_groups
from training.recipes.reward_support.rows import Row, pairs
from training.recipes.trl_support import FEWEST_PAIRS, held_out_pairs, missing_pairs
from training.snapshots import read_evidence

FEWEST_PEOPLE = 2
STARTS = 4  # a mixture has several optima


class RewardGroupsConfig(FrozenConfig):
    """Fields of the reward model of groups."""

    groups: int = Field(default=2, ge=2, le=8, description="How many tastes are told apart.")


class RewardGroups(RewardRecipe):
    """A mixture of Bradley-Terry models over annotators."""

    name = "reward_groups"
    label = "Reward model of groups"
    summary = "Finds groups of people with different tastes, and a reward for each group."
    partial = True
    config_model = RewardGroupsConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Decided pairs."""
        return pairs(evidence, ties=False)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight decided comparisons to train on, of at least two people."""
        people = counts.get("comparer_train", FEWEST_PEOPLE)  # older snapshots did not count them
        if people >= FEWEST_PEOPLE:
            return missing_pairs(counts)
        return [
            *missing_pairs(counts),
            f"Comparisons of at least {FEWEST_PEOPLE} people are needed to tell groups apart; these are of {people}.",
        ]

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report accuracy by each annotator's own group beside that of all groups' mean."""
        config = RewardGroupsConfig.model_validate(run.config)
        lesson = lesson_of(list(read_evidence(run.snapshot)))
        return train_reward_model(run, reporter, config, lesson, measure_groups)


def lesson_of(evidence: Sequence[tuple[str, Evidence]]) -> Lesson:
    """Pairs and who judged them."""
    return Lesson(
        rows=pairs(evidence, ties=False),
        fewest=FEWEST_PAIRS,
        pairs=held_out_pairs(evidence),
        teach=teach,
    )


def teach(annotators: list[str], rows: list[Row], config: RewardGroupsConfig) -> Subject:
    """Refuses fewer annotators than groups."""
    from training.recipes.reward_support.shared_losses import Groups

    if len(annotators) < config.groups:
        raise InvalidInput(
            f"{len(annotators)} annotators do not make {config.groups} groups.",
            code="too_little_evidence",
            hint="Choose fewer groups, or collect judgments of more people.",
        )
    loss = Groups(annotators, config.groups)
    return Subject(
        loss=loss,
        rows=rows,
        names=tuple(f"group {n + 1}" for n in range(config.groups)),
        weights=loss.shares,
        starts=STARTS,
    )
