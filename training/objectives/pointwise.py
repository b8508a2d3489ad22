"""Losses on single completions that are wanted or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def thumb_logistic(reward: Tensor, desirable: Tensor, intercept: Tensor | float = 0.0) -> Tensor:
    """-log sigma(r + b) where desirable, -log sigma(-(r + b)) where not.

    `reward` [rows], `desirable` [rows] boolean, `intercept` b a scalar or [rows]: how readily the
    row's annotator gives a thumb up. The loss is [rows]. Logistic regression with an intercept for
    each annotator; Han et al. 2025 (RLUF, arXiv:2505.14946) without it.
    """
    from torch.nn.functional import logsigmoid

    return -logsigmoid(_signed(desirable, reward + intercept))


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

    weight = torch.where(desirable, desirable_weight, undesirable_weight)
    return weight * (1 - torch.sigmoid(_signed(desirable, beta * (logps - ref_logps - kl))))


def bco(reward: Tensor, desirable: Tensor, shift: Tensor | float) -> Tensor:
    """-log sigma(r - d) where desirable, -log sigma(-(r - d)) where not; r = beta (logp - ref).

    `reward` [rows], `desirable` [rows] boolean, `shift` d without gradient: the mean of the running
    mean rewards of both signs. The loss is [rows]. Jung et al. 2024 (arXiv:2404.04656);
    its weights for prompts that differ between the signs are row weights.
    """
    from torch.nn.functional import logsigmoid

    return -logsigmoid(_signed(desirable, reward - shift))


def apo_zero_unpaired(reward: Tensor, desirable: Tensor) -> Tensor:
    """1 - sigma(r) where desirable, sigma(r) where not; r = beta (logp - ref) [rows].

    The loss is [rows]. D'Oosterlinck et al. 2024 (arXiv:2408.06266, eq. 7, its two terms apart).
    """
    import torch

    return 1 - torch.sigmoid(_signed(desirable, reward))


def _signed(desirable: Tensor, value: Tensor) -> Tensor:
    import torch

    return torch.where(desirable, value, -value)
