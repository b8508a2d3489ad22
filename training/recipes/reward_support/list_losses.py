"""Losses of reward models on rankings: all pairs of a list, or Plackett-Luce."""

from __future__ import annotations

from torch import Tensor

from training.objectives import all_pairs, plackett_luce, plackett_luce_tied
from training.objectives.rankings import LONGEST
from training.recipes.reward_support.losses import Batch, RewardLoss, pair_figures


class AllPairs(RewardLoss):
    """Bradley-Terry on all pairs, a tie as half a win each; a list weighs one comparison, however long."""

    def forward(self, rewards: Tensor, batch: Batch) -> Tensor:
        """The mean over the pairs of each list."""
        return all_pairs(rewards[..., 0], batch["tier"], batch["mask"])

    def figures(self, rewards: Tensor, batch: Batch) -> dict[str, float]:
        """How many pairs of different tiers are in order, and by how much."""
        scores, tier, mask = rewards[..., 0], batch["tier"], batch["mask"]
        better = tier.unsqueeze(-1) < tier.unsqueeze(-2)
        delta = scores.unsqueeze(-1) - scores.unsqueeze(-2)
        return pair_figures(delta, better & mask.unsqueeze(-1) & mask.unsqueeze(-2))


class PlackettLuce(AllPairs):
    """The likelihood of the order; of a tier with several, of all orders within it (exact up to 12 completions).

    A longer list with ties counts by all its pairs.
    """

    def forward(self, rewards: Tensor, batch: Batch) -> Tensor:
        """The loss of each list."""
        scores, tier, mask = rewards[..., 0], batch["tier"], batch["mask"]
        losses = plackett_luce(scores, mask)
        sizes = mask.sum(dim=1)
        for chosen, loss in (
            (batch["tied"] & (sizes <= LONGEST), plackett_luce_tied),
            (batch["tied"] & (sizes > LONGEST), all_pairs),
        ):
            rows = chosen.nonzero().squeeze(1)
            if len(rows):
                width = int(sizes[rows].max())
                parts = (scores[rows, :width], tier[rows, :width], mask[rows, :width])
                losses = losses.index_copy(0, rows, loss(*parts))
        return losses
