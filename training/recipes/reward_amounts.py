"""Reward model from amounts: by how much one answer is worth more than another, not only which."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Literal

from pydantic import Field

from feedback.errors import InvalidInput
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
from training.recipes.reward_support.measures import measure_amounts
from training.recipes.reward_support.rows import Row, amounts, as_pairs
from training.recipes.trl_support import held_out_pairs
from training.snapshots import read_evidence

FEWEST = 8
Loss = Literal["squared", "interval", "weighted"]


class RewardAmountsConfig(RewardsConfig):
    """Fields of the reward model from amounts."""

    loss: Loss = Field(
        default="interval",
        description="squared: differences of reward match amounts, each annotator on a scale of their own. interval: "
        "the same for what is known of an amount, a price list's row or at least the cap. weighted: who was "
        "preferred, the more the higher the amount (robust to wild amounts).",
    )
    highest: float = Field(
        default=5.0,
        gt=0,
        le=1000,
        description="Amounts above so many times the median of their currency count as so much.",
    )


class RewardAmounts(RewardRecipe):
    """On differences in worth, such as willingness to pay."""

    name = "reward_amounts"
    label = "Reward model from amounts"
    summary = (
        "Learns by how much answers differ in worth, from what people would pay for the better one."
    )
    config_model = RewardAmountsConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Differences between two texts, those of nothing included."""
        return amounts(evidence, zero=True)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight amounts that are not 0."""
        have = counts.get("amount_decided_train", 0)
        if have >= FEWEST:
            return []
        return [f"{FEWEST} amounts other than 0 to train on are needed, and there are {have}."]

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report accuracy on held-out pairs and the correlation with amounts."""
        config = RewardAmountsConfig.model_validate(run.config)
        lesson = lesson_of(list(read_evidence(run.snapshot)), config)
        return train_reward_model(run, reporter, config, lesson, measure_amounts)


def lesson_of(evidence: Sequence[tuple[str, Evidence]], config: RewardAmountsConfig) -> Lesson:
    """Amounts, measured on comparisons and on which of two amounts' sides is worth more."""
    rows = amounts(evidence, zero=config.loss != "weighted")
    decided = [row for row in rows.test if row["amount"] > 0]
    return Lesson(
        rows=rows,
        fewest=FEWEST,
        pairs=[*held_out_pairs(evidence), *as_pairs(decided)],
        teach=teach,
    )


def teach(annotators: list[str], rows: list[Row], config: RewardAmountsConfig) -> Subject:
    """The loss that the config names, on amounts in units of the median of their currency."""
    from training.recipes.reward_support import single_losses as losses

    typical = typical_amounts(rows)
    known: dict[Loss, Callable[[], Any]] = {
        "squared": lambda: losses.SquaredAmounts(annotators),
        "interval": lambda: losses.IntervalAmounts(annotators),
        "weighted": losses.WeightedAmounts,
    }
    scaled = [_scaled(row, typical[row["unit"]], config.highest) for row in rows]
    facts = {"typical_amounts": {unit: round(value, 4) for unit, value in typical.items()}}
    return Subject(loss=known[config.loss](), rows=scaled, facts=facts)


def typical_amounts(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The median of each unit's amounts other than 0; raises `too_little_evidence` where all are 0."""
    sizes: dict[str, list[float]] = {row["unit"]: [] for row in rows}
    for row in rows:
        if row["amount"] > 0:
            sizes[row["unit"]].append(row["amount"])
    if not any(sizes.values()):
        raise InvalidInput(
            "All amounts are 0, so there is nothing to learn from them.",
            code="too_little_evidence",
            hint="Collect amounts for answers that differ, and freeze a new snapshot.",
        )
    return {unit: median(found) if found else 1.0 for unit, found in sizes.items()}


def _scaled(row: Row, typical: float, highest: float) -> Row:
    """Amounts over the typical one; beyond `highest` they are cut, and an interval is open above."""
    amount, low, high = (row[name] / typical for name in ("amount", "low", "high"))
    if low > highest:
        low, high = highest, float("inf")
    return {**row, "amount": min(amount, highest), "low": low, "high": high}
