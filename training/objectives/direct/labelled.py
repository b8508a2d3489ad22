"""Losses of the DPO family for labels that TRL's lack: probabilities, margins, ties, amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.objectives.cardinal import squared_difference
from training.objectives.direct.batch import DirectBatch, DirectSettings, needed
from training.objectives.rewards import soft_bradley_terry
from training.objectives.ties import davidson as davidson_of
from training.objectives.ties import rao_kupper as rao_kupper_of

if TYPE_CHECKING:
    from torch import Tensor


def soft(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """-q log sigma(beta d) - (1 - q) log sigma(-beta d), q = (1 - e) p + e (1 - p).

    p is the row's `probability` (1 where the batch has none), e the label smoothing. cDPO: Mitchell
    2023; soft labels as in geometric-averaged DPO (arXiv:2409.06691).
    """
    import torch

    delta = settings.beta * batch.difference
    p = torch.ones_like(delta) if batch.probability is None else batch.probability
    flipped = settings.label_smoothing
    return soft_bradley_terry(delta, (1 - flipped) * p + flipped * (1 - p))


def margin(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """-log sigma(beta d - m) with the row's `margin` m.

    ODPO: Amini et al. 2024 (arXiv:2402.10571); with m a weighted difference of other rewards
    MODPO: Zhou et al. 2023 (arXiv:2310.03708).
    """
    from torch.nn.functional import logsigmoid

    return -logsigmoid(settings.beta * batch.difference - needed(batch.margin, "margin"))


def rao_kupper(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """Rao-Kupper on beta d, ties included. TODO: Guo et al. 2024 (arXiv:2411.02442)."""
    tie = needed(batch.tie, "tie")
    return rao_kupper_of(settings.beta * batch.difference, tie, settings.threshold)


def davidson(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """Davidson on beta d, ties included. DPO-D: Chen et al. 2024 (arXiv:2409.17431)."""
    tie = needed(batch.tie, "tie")
    return davidson_of(settings.beta * batch.difference, tie, settings.log_eta)


def squared(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """(beta d - t)^2 with the row's `target` t. REBEL: Gao et al. 2024 (arXiv:2404.16767)."""
    return squared_difference(settings.beta * batch.difference, needed(batch.target, "target"))
