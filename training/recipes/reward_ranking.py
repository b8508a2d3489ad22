"""Reward model from rankings: learns from whole lists, with ties, and counts each list once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from feedback.evidence import Evidence
from training.progress import Reporter
from training.recipes.base import Rows, Run
from training.recipes.reward_support import (
    Lesson,
    RewardRecipe,
    RewardsConfig,
    Subject,
    train_reward_model,
)
from training.recipes.reward_support.measures import measure_lists
from training.recipes.reward_support.rows import Row, lists
from training.recipes.trl_support import held_out_pairs
from training.snapshots import read_evidence

FEWEST = 4  # lists to train on
Loss = Literal["all_pairs", "plackett_luce"]


class RewardRankingConfig(RewardsConfig):
    """Fields of the reward model from rankings."""

    loss: Loss = Field(
        default="all_pairs",
        description="all_pairs: every pair of a list by Bradley-Terry, a tie as half a win each. plackett_luce: the "
        "likelihood of the order; within a tie of all its orders, in lists of up to 12 (longer ones with ties count "
        "by their pairs).",
    )


class RewardRanking(RewardRecipe):
    """On rankings, each a list of completions in tiers; comparisons are lists of two."""

    name = "reward_ranking"
    label = "Reward model from rankings"
    summary = "Learns a number for every answer from ordered lists; a long list counts no more than a short one."
    config_model = RewardRankingConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Lists of at least two texts, those in a single tier included."""
        return lists(evidence, all_tied=True)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least four rankings in more than one tier."""
        have = counts.get("ranked_train", 0)
        if have >= FEWEST:
            return []
        return [f"{FEWEST} rankings to train on are needed, and there are {have}."]

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report accuracy on held-out pairs and how often the best of a list is found."""
        config = RewardRankingConfig.model_validate(run.config)
        lesson = lesson_of(list(read_evidence(run.snapshot)), config)
        return train_reward_model(run, reporter, config, lesson, measure_lists)


def lesson_of(evidence: Sequence[tuple[str, Evidence]], config: RewardRankingConfig) -> Lesson:
    """Lists; for Plackett-Luce without those in a single tier, whose likelihood is 1 whatever the rewards."""
    return Lesson(
        rows=lists(evidence, all_tied=config.loss == "all_pairs"),
        fewest=FEWEST,
        pairs=held_out_pairs(evidence),
        teach=teach,
    )


def teach(annotators: list[str], rows: list[Row], config: RewardRankingConfig) -> Subject:
    """The loss that the config names."""
    from training.recipes.reward_support import list_losses as losses

    known: dict[Loss, Callable[[], Any]] = {
        "all_pairs": losses.AllPairs,
        "plackett_luce": losses.PlackettLuce,
    }
    return Subject(loss=known[config.loss](), rows=rows)
