"""Losses of reward models on amounts and on single completions: thumbs, willingness to pay, ratings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from training.objectives import (
    bradley_terry,
    gaussian_interval,
    masked_squares,
    squared_difference,
    thumb_logistic,
)
from training.recipes.reward_support.losses import (
    Annotators,
    Batch,
    PairLoss,
    RewardLoss,
    pair_figures,
    raw_of,
)

INTERCEPT_SD = 0.7  # how much annotators differ in the ease of a thumb up, in log odds
SCALE_SD = 0.5  # and in the amounts that they name for the same difference, as a log
LEAST_NOISE = (
    0.05  # of amounts, in units of the typical one: exact ones would have an unbounded likelihood
)


class Thumb(RewardLoss):
    """P(up) = sigma(reward + how readily the annotator gives a thumb up)."""

    def __init__(self, annotators: Sequence[str]) -> None:
        super().__init__()
        self.base = nn.Parameter(torch.zeros(()))
        self.annotators = Annotators(annotators)

    def forward(self, rewards: Tensor, batch: Batch) -> Tensor:
        """The logistic loss, with each row's share of the prior N(0, 0.7^2) on intercepts."""
        intercept = self.base + self.annotators.of(batch)
        losses = thumb_logistic(rewards[:, 0, 0], batch["desirable"], intercept)
        return losses + self.annotators.normal_prior(batch, INTERCEPT_SD)

    def learned(self) -> dict[str, Any]:
        """Intercepts, in log odds: the usual one, and each annotator's difference from it."""
        shown = self.annotators.shown(lambda values: values)
        return {"intercept": round(self.base.item(), 4), "intercepts": shown}

    def figures(self, rewards: Tensor, batch: Batch) -> dict[str, float]:
        """How often the thumb is the likelier one."""
        up = rewards[:, 0, 0] + self.base + self.annotators.of(batch) > 0
        return {"accuracy": (up == batch["desirable"]).float().mean().item()}


class Amounts(PairLoss):
    """On differences that annotators put a number on, each on a scale of their own.

    An annotator a says s_a times the difference of rewards, ln s_a ~ N(0, 0.5^2): small samples shrink to 1.
    """

    def __init__(self, annotators: Sequence[str]) -> None:
        super().__init__()
        self.annotators = Annotators(annotators)

    def of_pairs(self, chosen: Tensor, rejected: Tensor, batch: Batch) -> Tensor:
        """The loss of what is said, with each row's share of the prior."""
        said = self.annotators.of(batch).exp() * (chosen - rejected)
        return self.of_said(said, batch) + self.annotators.normal_prior(batch, SCALE_SD)

    def of_said(self, said: Tensor, batch: Batch) -> Tensor:
        """The loss [rows] of expected amounts [rows]."""
        raise NotImplementedError

    def learned(self) -> dict[str, Any]:
        """Each annotator's scale."""
        return {"scales": self.annotators.shown(torch.exp)}

    def figures(self, rewards: Tensor, batch: Batch) -> dict[str, float]:
        """Of pairs that are worth something."""
        return pair_figures(rewards[:, 0, 0] - rewards[:, 1, 0], batch["amount"] > 0)


class SquaredAmounts(Amounts):
    """Least squares."""

    def of_said(self, said: Tensor, batch: Batch) -> Tensor:
        """(expected - amount)^2."""
        return squared_difference(said, batch["amount"])


class IntervalAmounts(Amounts):
    """The likelihood of an interval: of a price list's row, open above a cap; noise is Gaussian and learnt."""

    def __init__(self, annotators: Sequence[str]) -> None:
        super().__init__(annotators)
        self.raw = nn.Parameter(torch.tensor(raw_of(1.0)))

    def of_said(self, said: Tensor, batch: Batch) -> Tensor:
        """-log P(low <= amount <= high)."""
        return gaussian_interval(said, batch["low"], batch["high"], self._noise())

    def learned(self) -> dict[str, Any]:
        """The scales, and the noise in units of the typical amount."""
        return {**super().learned(), "noise": round(self._noise().item(), 4)}

    def _noise(self) -> Tensor:
        return LEAST_NOISE + softplus(self.raw)


class WeightedAmounts(PairLoss):
    """Bradley-Terry, the more the higher the amount: bounded however extreme an amount is."""

    def of_pairs(self, chosen: Tensor, rejected: Tensor, batch: Batch) -> Tensor:
        """amount * BT, amounts in units of the typical one."""
        return batch["amount"] * bradley_terry(chosen, rejected)

    def figures(self, rewards: Tensor, batch: Batch) -> dict[str, float]:
        """Of all pairs."""
        return pair_figures(rewards[:, 0, 0] - rewards[:, 1, 0], batch["amount"] > 0)


class Attributes(RewardLoss):
    """A head for each aspect by least squares; comparisons by Bradley-Terry on what the heads add up to.

    `batch["targets"]` and `["rated"]` are [rows, aspects]; a comparison has nothing rated, and `["compared"]`
    [rows, aspects] is 1 at the aspect that it is about, or 0 for the whole, which the weights make.
    """

    def __init__(self, weights: Sequence[float], *, fixed: bool) -> None:
        super().__init__()
        self.heads = len(weights)
        self.weights = nn.Parameter(torch.tensor([float(w) for w in weights]))
        self.weights.requires_grad_(not fixed)

    def forward(self, rewards: Tensor, batch: Batch) -> Tensor:
        """Squares where there are ratings, Bradley-Terry where there are two completions."""
        squares = masked_squares(rewards[:, 0], batch["targets"], batch["rated"])
        paired = batch["mask"].sum(dim=1) == 2
        if not bool(paired.any()):
            return squares
        return torch.where(paired, bradley_terry(*self._sums(rewards, batch)), squares)

    def _sums(self, rewards: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        compared = batch["compared"]
        whole = compared.sum(dim=1, keepdim=True) == 0
        weights = torch.where(whole, self.weights.to(rewards), compared)
        summed = (rewards * weights.unsqueeze(1)).sum(dim=2)
        return summed[:, 0], summed[:, 1]

    def figures(self, rewards: Tensor, batch: Batch) -> dict[str, float]:
        """`error`: the mean square of ratings, in units of their variance; accuracy on comparisons."""
        rated = batch["rated"].any(dim=1)
        found = {}
        if bool(rated.any()):
            squares = masked_squares(rewards[:, 0], batch["targets"], batch["rated"])
            found["error"] = squares.detach()[rated].mean().item()
        if bool((batch["mask"].sum(dim=1) == 2).any()):
            chosen, rejected = self._sums(rewards, batch)
            found |= pair_figures(chosen - rejected, batch["mask"].sum(dim=1) == 2)
        return found
