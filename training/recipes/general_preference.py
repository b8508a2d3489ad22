"""General preference: who beats whom where preferences run in circles, which no single number can say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

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
from training.recipes.reward_support.measures import circular_share, measure_general
from training.recipes.reward_support.rows import Row, pairs
from training.recipes.trl_support import FEWEST_PAIRS, held_out_pairs, missing_pairs
from training.snapshots import read_evidence

STARTS = 4  # points on a sphere have several optima


class GeneralPreferenceConfig(FrozenConfig):
    """Fields of the general preference model."""

    planes: int = Field(
        default=2, ge=1, le=32, description="Planes of the embedding: how many circles it can hold."
    )
    tau: float = Field(
        default=0.3, gt=0, le=10, description="Temperature: the smaller, the surer preferences are."
    )


class GeneralPreference(RewardRecipe):
    """A preference embedding on comparisons (GPM, arXiv:2410.02197)."""

    name = "general_preference"
    label = "General preference model"
    summary = "Learns who beats whom, circles included; its reward is the score against an average answer."
    config_model = GeneralPreferenceConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Pairs, ties included."""
        return pairs(evidence, ties=True)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight decided comparisons to train on."""
        return missing_pairs(counts)

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report accuracy of the score between two, beside that of the reward, and circles found.

        `circular`: the share of triads judged in a circle; below about 5 % a reward model says as much.
        """
        config = GeneralPreferenceConfig.model_validate(run.config)
        lesson = lesson_of(list(read_evidence(run.snapshot)))
        result = train_reward_model(run, reporter, config, lesson, measure_general)
        share, triads = circular_share(lesson.rows.train)
        result["evaluation"] |= {"circular": share, "triads": triads}
        return result


def lesson_of(evidence: Sequence[tuple[str, Evidence]]) -> Lesson:
    """Pairs, a tie as half a win each."""
    return Lesson(
        rows=pairs(evidence, ties=True),
        fewest=FEWEST_PAIRS,
        pairs=held_out_pairs(evidence),
        teach=teach,
    )


def teach(annotators: list[str], rows: list[Row], config: GeneralPreferenceConfig) -> Subject:
    """Heads are coordinates; the reward is the score against the average of the training completions."""
    from training.recipes.reward_support.shared_losses import General

    loss = General(config.planes, config.tau)
    return Subject(
        loss=loss,
        rows=rows,
        names=tuple(f"plane {n + 1} {axis}" for n in range(config.planes) for axis in "xy"),
        weights=loss.against_average,
        unit=True,
        starts=STARTS,
        facts={"tau": config.tau},
    )
