"""Losses of reward models on pairs: decided ones, tied ones, strengths, and whom to believe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from training.objectives import (
    bradley_terry,
    crowd_bradley_terry,
    cumulative_link,
    rao_kupper,
    soft_bradley_terry,
)
from training.recipes.reward_support.losses import Annotators, Batch, PairLoss, raw_of

TIE_THRESHOLD = 0.5  # where it starts: a tie then has probability 0.24 between equals
GAPS = (0.5, 1.0, 1.0)  # where the cut-points of strengths start, each above the one before
RELIABILITY = (4.0, 1.0)  # prior votes for and against an annotator: Beta(4, 1)


class BradleyTerry(PairLoss):
    """With a margin from strength, or without one."""

    def __init__(self, centre: float, margin: float) -> None:
        super().__init__(centre)
        self.margin = margin

    def of_pairs(self, chosen: Tensor, rejected: Tensor, batch: Batch) -> Tensor:
        """The margin is `margin` for each step above the ordinary strength."""
        return bradley_terry(chosen, rejected, batch["margin"] * self.margin)


class Margin(BradleyTerry):
    """The whole strength as a margin, an ordinary preference's too."""

    def of_pairs(self, chosen: Tensor, rejected: Tensor, batch: Batch) -> Tensor:
        """The margin is `margin` for each step of strength (HelpSteer2-Preference, arXiv:2410.01257)."""
        return bradley_terry(chosen, rejected, batch["strength"] * self.margin)


class Scaled(PairLoss):
    """The loss times the strength."""

    def of_pairs(self, chosen: Tensor, rejected: Tensor, batch: Batch) -> Tensor:
        """Scaled Bradley-Terry (HelpSteer2-Preference, arXiv:2410.01257)."""
        return batch["strength"] * bradley_terry(chosen, rejected)


class Half(PairLoss):
    """A tie is half a win each."""

    def of_pairs(self, chosen: Tensor, rejected: Tensor, batch: Batch) -> Tensor:
        """Bradley-Terry with the label 1 or 1/2."""
        label = torch.where(batch["tie"], 0.5, 1.0).to(chosen)
        return soft_bradley_terry(chosen - rejected, label)


class RaoKupper(PairLoss):
    """Ties by a threshold that is learnt."""

    def __init__(self, centre: float) -> None:
        super().__init__(centre)
        self.raw = nn.Parameter(torch.tensor(raw_of(TIE_THRESHOLD)))

    def of_pairs(self, chosen: Tensor, rejected: Tensor, batch: Batch) -> Tensor:
        """Rao-Kupper's likelihood of what was said."""
        return rao_kupper(chosen - rejected, batch["tie"], softplus(self.raw))

    def learned(self) -> dict[str, Any]:
        """The threshold, in units of reward."""
        return {"tie_threshold": round(softplus(self.raw).item(), 4)}


class CumulativeLink(PairLoss):
    """Ties and strengths as ordered levels, between cut-points that are learnt."""

    def __init__(self, centre: float) -> None:
        super().__init__(centre)
        self.raw = nn.Parameter(torch.tensor([raw_of(gap) for gap in GAPS]))

    def of_pairs(self, chosen: Tensor, rejected: Tensor, batch: Batch) -> Tensor:
        """The likelihood of the level that was said."""
        return cumulative_link(chosen - rejected, batch["level"], softplus(self.raw))

    def learned(self) -> dict[str, Any]:
        """The cut-points above 0: a tie ends at the first."""
        cuts = softplus(self.raw.detach()).cumsum(0)
        return {"cut_points": [round(cut, 4) for cut in cuts.tolist()]}


class CrowdBradleyTerry(PairLoss):
    """Each annotator has a reliability that is learnt along with the rewards."""

    def __init__(self, centre: float, annotators: Sequence[str]) -> None:
        super().__init__(centre)
        wins, losses = RELIABILITY
        usual = float(torch.tensor(wins / losses).log())
        self.annotators = Annotators(annotators, usual)

    def of_pairs(self, chosen: Tensor, rejected: Tensor, batch: Batch) -> Tensor:
        """Crowd-BT, with each row's share of the prior.

        The prior is Beta(4, 1) as a density of the log odds, whose mode is (agreed + 4) / (n + 5).
        """
        from torch.nn.functional import logsigmoid

        odds = self.annotators.of(batch)
        wins, losses = RELIABILITY
        prior = -wins * logsigmoid(odds) - losses * logsigmoid(-odds)
        loss = crowd_bradley_terry(chosen - rejected, odds.sigmoid())
        return loss + batch["share"] * prior

    def learned(self) -> dict[str, Any]:
        """How often each annotator says what holds."""
        return {"reliability": self.annotators.shown(torch.sigmoid)}
