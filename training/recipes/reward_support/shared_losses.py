"""Losses of reward models for people who do not agree: groups of annotators, and preferences that may be cyclic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from training.objectives import general_preference, mixture_bradley_terry, soft_bradley_terry
from training.recipes.reward_support.losses import Batch, RewardLoss, pair_figures

PINNED = 0.1  # how firmly points are held near the sphere before they are put on it
LEANING_SD = 2.0  # of annotators' leanings to groups, in log odds


class Groups(RewardLoss):
    """A head for each group; an annotator belongs to each with a probability that is learnt."""

    def __init__(self, annotators: Sequence[str], groups: int) -> None:
        super().__init__()
        self.heads = groups
        self.annotators = list(annotators)
        self.leanings = nn.Parameter(torch.zeros(len(annotators), groups))

    def begin(self, seed: int) -> None:
        """Leanings by chance: alike, the groups would stay alike."""
        with torch.no_grad():
            self.leanings.normal_(generator=torch.Generator().manual_seed(seed))

    def forward(self, rewards: Tensor, batch: Batch) -> Tensor:
        """Mixture of Bradley-Terry models, with each row's share of the prior N(0, 2^2) on leanings."""
        leanings = self.leanings[batch["annotator"]]
        losses = mixture_bradley_terry(rewards[:, 0] - rewards[:, 1], leanings.softmax(dim=1))
        return losses + batch["share"] * leanings.square().sum(dim=1) / (2 * LEANING_SD**2)

    def shares(self) -> list[float]:
        """How large the groups are."""
        shares: list[float] = self.leanings.detach().softmax(dim=1).mean(dim=0).tolist()
        return shares

    def learned(self) -> dict[str, Any]:
        """Whom each group holds, as probabilities by annotator."""
        found = self.leanings.detach().softmax(dim=1).tolist()
        named = zip(self.annotators, found, strict=True)
        return {
            "shares": [round(share, 4) for share in self.shares()],
            "groups": {name: [round(p, 4) for p in row] for name, row in named},
        }

    def figures(self, rewards: Tensor, batch: Batch) -> dict[str, float]:
        """Of what the row's annotator is likeliest to feel."""
        shares = self.leanings[batch["annotator"]].softmax(dim=1)
        delta = ((rewards[:, 0] - rewards[:, 1]) * shares).sum(dim=1)
        return pair_figures(delta, ~batch["tie"])


class General(RewardLoss):
    """A completion is a point on a sphere, and one is preferred to another by a skew product of both."""

    def __init__(self, planes: int, tau: float) -> None:
        super().__init__()
        self.heads = 2 * planes
        self.tau = tau
        self.register_buffer("average", torch.zeros(self.heads))

    def forward(self, rewards: Tensor, batch: Batch) -> Tensor:
        """Bradley-Terry on the skew product; a tie is half a win each."""
        lengths = rewards[:, :2].norm(dim=2, keepdim=True)
        points = rewards[:, :2] / lengths.clamp_min(1e-9)
        self.average = points.detach().mean(dim=(0, 1))
        score = general_preference(points[:, 0], points[:, 1], self.tau)
        losses = soft_bradley_terry(score, torch.where(batch["tie"], 0.5, 1.0).to(score))
        # Lengths change no score: left free, they shrink until the ridge says nothing of directions.
        return losses + PINNED * (lengths - 1).square().mean(dim=(1, 2))

    def against_average(self) -> list[float]:
        """Weights of the coordinates in the score against the average completion."""
        blocks = self.average.view(-1, 2)
        turned = torch.stack([blocks[:, 1], -blocks[:, 0]], dim=1)
        weights: list[float] = (turned.flatten() / self.tau).tolist()
        return weights
