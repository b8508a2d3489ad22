"""Losses on pairs that may be tied: Rao-Kupper and Davidson."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def rao_kupper(delta: Tensor, tie: Tensor, threshold: Tensor | float) -> Tensor:
    """-log sigma(d - a) where decided, -log[(e^2a - 1) / ((1 + e^(a+d)) (1 + e^(a-d)))] where tied.

    `delta` [rows] is chosen minus rejected (any order where tied), `tie` [rows] boolean,
    `threshold` a scalar or [rows]: a >= 0, and above 0 where there are ties. With a = 0 it is
    Bradley-Terry; a tie has no gradient at d = 0 and pulls d towards it. Rao & Kupper 1967; with an
    implicit reward as d TODO, Guo et al. 2024 (arXiv:2411.02442, a = 0.5).
    """
    import torch
    from torch.nn.functional import logsigmoid

    a = torch.as_tensor(threshold, dtype=delta.dtype, device=delta.device).expand_as(delta)
    decided = -logsigmoid(delta - a)
    safe = torch.where(tie, a, torch.ones_like(a))  # a threshold of 0 stays out of the logarithm
    log_width = torch.log(-torch.expm1(-2 * safe))
    tied = -(logsigmoid(safe + delta) + logsigmoid(safe - delta) + log_width)
    return torch.where(tie, tied, decided)


def davidson(delta: Tensor, tie: Tensor, log_eta: Tensor | float) -> Tensor:
    """-log P where P(chosen) : P(rejected) : P(tie) = e^(d/2) : e^(-d/2) : eta.

    `delta` [rows] is chosen minus rejected (any order where tied), `tie` [rows] boolean, `log_eta`
    a scalar or [rows]. Davidson 1970; for policies Chen et al. 2024 (arXiv:2409.17431, eta = 2 so
    that a tie has probability 1/2 at d = 0).
    """
    import torch

    ties = torch.as_tensor(log_eta, dtype=delta.dtype, device=delta.device).expand_as(delta)
    total = torch.logsumexp(torch.stack([delta / 2, -delta / 2, ties], dim=-1), dim=-1)
    return total - torch.where(tie, ties, delta / 2)
