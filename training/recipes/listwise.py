"""Listwise: a policy learns from whole rankings and ratings, several answers of a prompt at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from pydantic import Field

from feedback.evidence import Evidence
from training.progress import Reporter
from training.recipes.base import RARE, Config, Recipe, Rows, Run
from training.recipes.preference_support.cautions import odd_beta
from training.recipes.preference_support.course import fit_and_measure
from training.recipes.preference_support.listed import ListLoss, Lists, list_trainer
from training.recipes.preference_support.lists import (
    FEWEST,
    list_rows,
    missing_lists,
    pairs_of_lists,
)
from training.recipes.trl_support import Prepared, Rates, prepare
from training.snapshots import read_evidence

RATES = Rates(small=4e-4, large=5e-6)
FEW_LISTS = 50
LABELS = {
    "lipo_lambda": "lipo_lambda: pairs by what their order costs",
    "all_pairs": "all_pairs: DPO on all pairs",
    "plackett_luce": "plackett_luce: the whole order",
    "pro": "pro: best against the rest, without a reference",
    "info_nca": "info_nca: shares by score",
    "nca": "nca: shares by score, likelihood held up",
}


class ListwiseConfig(Config):
    """Fields of the losses on lists."""

    epochs: float = Field(default=2, gt=0, le=100, description="Passes over the training rows.")
    batch_size: int = Field(default=8, ge=1, le=1024, description="Lists in one optimiser step.")
    loss: Literal["lipo_lambda", "all_pairs", "plackett_luce", "pro", "info_nca", "nca"] = Field(
        default="lipo_lambda",
        description="How a list teaches; nca and info_nca read how far scores lie apart, the others "
        "mostly the order.",
        json_schema_extra={"x-labels": {**LABELS}},
    )
    beta: float = Field(
        default=0.1,
        gt=0,
        le=10,
        description="How strongly the policy is held near its reference; pro has none.",
    )
    score_temperature: float = Field(
        default=0.1,
        gt=0,
        le=100,
        description="For nca and info_nca: scores run from 0 to 1, and e to the score over this is an "
        "answer's share; near 0 the best takes all.",
        json_schema_extra=RARE,
    )
    imitation: float = Field(
        default=0.05,
        ge=0,
        le=100,
        description="For pro: weight of imitating the best answer, times the squared number of others.",
        json_schema_extra=RARE,
    )
    aspect: str = Field(
        default="",
        max_length=100,
        description="Of ratings learn this aspect alone; empty: the mean of all.",
    )
    reference_once: bool = Field(
        default=True,
        description="Compute the reference's log-probabilities once before training: no second "
        "model in memory, the same losses.",
        json_schema_extra=RARE,
    )


class Listwise(Recipe):
    """Losses on lists of completions."""

    name = "listwise"
    label = "Listwise"
    summary = "Trains a policy on whole rankings and ratings: LiPO, Plackett-Luce, PRO, NCA."
    produces = "policy"
    config_model = ListwiseConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Lists from rankings, comparisons and ratings."""
        return list_rows(evidence)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight rankings, or ratings of several answers, to train on."""
        return missing_lists(counts)

    def warnings(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """Also: few lists, and goals too near the reference."""
        settings = ListwiseConfig.model_validate(config.model_dump())
        found = [*super().warnings(counts, config), *odd_beta(settings.beta)]
        have = counts.get("ranked_train", 0) + counts.get("graded_train", 0)
        if have < FEW_LISTS:
            found.append(
                f"With {have} lists to train on, below about {FEW_LISTS}, chance decides much."
            )
        return found

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report accuracies on the pairs of held-out lists."""
        config = ListwiseConfig.model_validate(run.config)
        rows = list_rows(read_evidence(run.snapshot), aspect=config.aspect)
        prepared = prepare(run, config, rows, RATES, fewest=FEWEST)
        trainer = build_trainer(prepared, reporter)
        return fit_and_measure(trainer, prepared, run, reporter, pairs_of_lists(prepared.test))


def build_trainer(prepared: Prepared, reporter: Reporter | None = None) -> Any:
    """TRL's DPOTrainer on lists, with the config's loss."""
    config: ListwiseConfig = prepared.config
    return list_trainer(
        prepared,
        LOSSES[config.loss](config),
        beta=config.beta,
        reads_reference=config.loss != "pro",
        once=config.reference_once,
        reporter=reporter,
    )


def _lipo_lambda(config: ListwiseConfig) -> ListLoss:
    from training.objectives import lipo_lambda

    return lambda lists: lipo_lambda(lists.rewards, lists.scores, lists.mask)


def _all_pairs(config: ListwiseConfig) -> ListLoss:
    from training.objectives import all_pairs

    return lambda lists: all_pairs(lists.rewards, lists.tiers, lists.mask)


def _plackett_luce(config: ListwiseConfig) -> ListLoss:
    """Ties by their exact marginal; in lists too long for it, and tied, by all pairs."""
    from training.objectives import all_pairs, plackett_luce, plackett_luce_tied
    from training.objectives.rankings import LONGEST

    def loss(lists: Lists) -> Any:
        sizes = lists.mask.sum(1)
        tied = ((lists.tiers[:, 1:] == lists.tiers[:, :-1]) & lists.mask[:, 1:]).any(1)
        found = plackett_luce(lists.rewards, lists.mask)
        for chosen, other in (
            (tied & (sizes <= LONGEST), plackett_luce_tied),
            (tied & (sizes > LONGEST), all_pairs),
        ):
            rows = chosen.nonzero().flatten()
            if len(rows):
                width = int(sizes[rows].max())
                parts = (t[rows, :width] for t in (lists.rewards, lists.tiers, lists.mask))
                found = found.index_copy(0, rows, other(*parts))
        return found

    return loss


def _pro(config: ListwiseConfig) -> ListLoss:
    from training.objectives import pro

    def loss(lists: Lists) -> Any:
        others = lists.mask.sum(1) - 1
        imitated = -config.imitation * others**2 * lists.means[:, 0]
        return pro(lists.means, lists.scores, lists.mask) + imitated

    return loss


def _info_nca(config: ListwiseConfig) -> ListLoss:
    from training.objectives import info_nca

    return lambda lists: info_nca(lists.rewards, lists.scores, lists.mask, config.score_temperature)


def _nca(config: ListwiseConfig) -> ListLoss:
    from training.objectives import nca

    return lambda lists: nca(lists.rewards, lists.scores, lists.mask, config.score_temperature)


LOSSES: dict[str, Callable[[ListwiseConfig], ListLoss]] = {
    "lipo_lambda": _lipo_lambda,
    "all_pairs": _all_pairs,
    "plackett_luce": _plackett_luce,
    "pro": _pro,
    "info_nca": _info_nca,
    "nca": _nca,
}
