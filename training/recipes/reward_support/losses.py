"""What every loss of a reward model is: a module over rewards [rows, K, heads] that gives a loss a row.

Parts that learn something of their own (a threshold, annotators) keep it as parameters. This module loads torch: it
is for child processes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

Batch = Mapping[str, Tensor]


class RewardLoss(nn.Module):  # type: ignore[misc,unused-ignore]
    """A loss on the rewards of each row's completions.

    `batch["mask"]` [rows, K] says which of them there are; further columns are the recipe's.
    """

    heads = 1

    def forward(self, rewards: Tensor, batch: Batch) -> Tensor:
        """The loss [rows] of rewards [rows, K, heads]."""
        raise NotImplementedError

    def begin(self, seed: int) -> None:
        """Choose where its parameters start, by chance where that matters."""

    def learned(self) -> dict[str, Any]:
        """What it learnt besides the model, as plain data."""
        return {}

    def figures(self, rewards: Tensor, batch: Batch) -> dict[str, float]:
        """What is logged at each step."""
        return {}


class PairLoss(RewardLoss):
    """On pairs, the preferred one first. `centre` pulls their mean towards 0 (arXiv:2312.09244)."""

    def __init__(self, centre: float = 0.0) -> None:
        super().__init__()
        self.centre = centre

    def forward(self, rewards: Tensor, batch: Batch) -> Tensor:
        """The loss of each pair."""
        from training.objectives import centred

        chosen, rejected = rewards[:, 0, 0], rewards[:, 1, 0]
        losses = self.of_pairs(chosen, rejected, batch)
        return losses + self.centre * centred(chosen, rejected) if self.centre else losses

    def of_pairs(self, chosen: Tensor, rejected: Tensor, batch: Batch) -> Tensor:
        """The loss [rows] of rewards [rows]."""
        raise NotImplementedError

    def figures(self, rewards: Tensor, batch: Batch) -> dict[str, float]:
        """How many decided pairs are in order, and by how much."""
        return pair_figures(rewards[:, 0, 0] - rewards[:, 1, 0], ~batch["tie"])


class Members(RewardLoss):
    """An ensemble: a head for each member, each with its own loss on a bootstrap of the prompts.

    `batch["bootstrap"]` [rows, members] says how often a row is in each member's sample (Efron 1979).
    """

    def __init__(self, losses: Sequence[RewardLoss]) -> None:
        super().__init__()
        self.losses = nn.ModuleList(losses)
        self.heads = len(losses)

    def forward(self, rewards: Tensor, batch: Batch) -> Tensor:
        """The mean over members."""
        each = [
            loss(rewards[..., n : n + 1], batch) * batch["bootstrap"][:, n]
            for n, loss in enumerate(self.losses)
        ]
        return torch.stack(each).mean(dim=0)

    def learned(self) -> dict[str, Any]:
        """What the first member learnt; the others are its bootstraps."""
        first: dict[str, Any] = self.losses[0].learned()
        return first

    def figures(self, rewards: Tensor, batch: Batch) -> dict[str, float]:
        """Of the members' mean."""
        found: dict[str, float] = self.losses[0].figures(rewards.mean(dim=2, keepdim=True), batch)
        return found


class Annotators(nn.Module):  # type: ignore[misc,unused-ignore]
    """A number for each annotator, with a prior that holds those with few rows near the usual value."""

    def __init__(self, names: Sequence[str], usual: float = 0.0) -> None:
        super().__init__()
        self.names = list(names)
        self.values = nn.Parameter(torch.full((len(names),), float(usual)))

    def of(self, batch: Batch) -> Tensor:
        """The number of each row's annotator, [rows]."""
        return self.values[batch["annotator"]]

    def normal_prior(self, batch: Batch, sd: float) -> Tensor:
        """Each row's share [rows] of -log N(value; 0, sd^2), constants apart."""
        return batch["share"] * self.of(batch) ** 2 / (2 * sd**2)

    def shown(self, change: Callable[[Tensor], Tensor]) -> dict[str, float]:
        """The changed numbers by name, to four places."""
        numbers = change(self.values.detach().float()).tolist()
        return {name: round(number, 4) for name, number in zip(self.names, numbers, strict=True)}


def pair_figures(delta: Tensor, decided: Tensor) -> dict[str, float]:
    """`accuracy` and `margin` of the decided pairs; nothing where there are none."""
    chosen = delta.detach()[decided]
    if not len(chosen):
        return {}
    return {
        "accuracy": (chosen > 0).float().mean().item(),
        "margin": chosen.mean().item(),
    }


def raw_of(value: float) -> float:
    """The number whose softplus is the value."""
    return float(torch.tensor(value).expm1().log())
