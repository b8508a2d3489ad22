"""Reward model: a number for every answer, learnt from which was preferred and how strongly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

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
from training.recipes.reward_support.rows import Row, pairs
from training.recipes.trl_support import FEWEST_PAIRS, held_out_pairs, missing_pairs
from training.snapshots import read_evidence

Loss = Literal[
    "bradley_terry", "margin", "scaled", "half", "rao_kupper", "cumulative_link", "crowd_bt"
]
TIED: frozenset[Loss] = frozenset({"half", "rao_kupper", "cumulative_link"})  # these use ties


class RewardModelConfig(RewardsConfig):
    """Fields of the reward model."""

    loss: Loss = Field(
        default="bradley_terry",
        description="bradley_terry: who was preferred, with a margin from strength. margin: the whole strength is the "
        "margin. scaled: strong preferences count more. half: a tie is half a win each. rao_kupper: ties by a "
        "learnt threshold. cumulative_link: ties and strengths as ordered levels. crowd_bt: how far to believe "
        "each annotator is learnt too.",
    )
    margin_scale: float = Field(
        default=0.5,
        ge=0,
        le=10,
        description="Margin for each step of strength above 'slightly'; 0 ignores strength.",
    )
    center_rewards: float = Field(
        default=0.01, ge=0, le=1, description="Pull of the mean reward towards 0; 0 for none."
    )


class RewardModel(RewardRecipe):
    """On comparisons: decided ones, and ties and strengths where the loss uses them."""

    name = "reward_model"
    label = "Reward model"
    summary = "Learns a number for every answer from comparisons, and ranks answers by it."
    config_model = RewardModelConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Decided pairs; losses that use ties have them too."""
        return pairs(evidence, ties=False)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight decided comparisons to train on."""
        return missing_pairs(counts)

    def warnings(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """What the loss asks for and the snapshot hardly has."""
        found = super().warnings(counts, config)
        if isinstance(config, RewardModelConfig) and config.loss in TIED:
            ties = counts.get("tie_train", 0)
            if not ties:
                found.append(
                    f"The loss '{config.loss}' is for ties, and there are none to train on."
                )
        elif counts.get("tie_train", 0) > counts.get("comparison_decided_train", 0):
            found.append("More than half of the pairs are ties, which this loss leaves out.")
        return found

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report held-out accuracy with its interval."""
        config = RewardModelConfig.model_validate(run.config)
        lesson = lesson_of(list(read_evidence(run.snapshot)), config)
        return train_reward_model(run, reporter, config, lesson)


def lesson_of(evidence: Sequence[tuple[str, Evidence]], config: RewardModelConfig) -> Lesson:
    """Pairs, with ties where the loss uses them."""
    return Lesson(
        rows=pairs(evidence, ties=config.loss in TIED),
        fewest=FEWEST_PAIRS,
        pairs=held_out_pairs(evidence),
        teach=teach,
    )


def teach(annotators: list[str], rows: list[Row], config: RewardModelConfig) -> Subject:
    """The loss that the config names."""
    from training.recipes.reward_support import pair_losses as losses

    centre, margin = config.center_rewards, config.margin_scale
    known: dict[Loss, Callable[[], Any]] = {
        "bradley_terry": lambda: losses.BradleyTerry(centre, margin),
        "margin": lambda: losses.Margin(centre, margin),
        "scaled": lambda: losses.Scaled(centre),
        "half": lambda: losses.Half(centre),
        "rao_kupper": lambda: losses.RaoKupper(centre),
        "cumulative_link": lambda: losses.CumulativeLink(centre),
        "crowd_bt": lambda: losses.CrowdBradleyTerry(centre, annotators),
    }
    return Subject(loss=known[config.loss](), rows=rows)
