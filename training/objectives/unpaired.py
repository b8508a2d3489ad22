"""Losses on single completions that are wanted or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def kto(
    logps: Tensor,
    ref_logps: Tensor,
    desirable: Tensor,
    kl: Tensor,
    *,
    beta: float,
    desirable_weight: float = 1.0,
    undesirable_weight: float = 1.0,
) -> Tensor:
    """w_d (1 - sigma(beta (rho - z))) where desirable, w_u (1 - sigma(beta (z - rho))) where not;
    rho = logps - ref_logps.

    `logps`, `ref_logps` [rows] are whole completions' log-probabilities, `desirable` [rows] is
    boolean, `kl` is the scalar reference point z >= 0, without gradient. The loss is [rows].
    Ethayarajh et al. 2024 (arXiv:2402.01306, eq. 7 and 8).
    """
    import torch

    sign = torch.where(desirable, 1.0, -1.0)
    weight = torch.where(desirable, desirable_weight, undesirable_weight)
    return weight * (1 - torch.sigmoid(beta * sign * (logps - ref_logps - kl)))
