"""Losses on pairs of completions that need no reference model: ORPO, CPO, SimPO."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

SURE = -1e-6  # the log-probability above which 1 - p is no longer told from 0


def orpo(chosen_mean: Tensor, rejected_mean: Tensor, chosen_nll: Tensor, *, beta: float) -> Tensor:
    """nll - beta log sigma(log odds(c) - log odds(r)), odds(p) = p / (1 - p); all [rows].

    `chosen_mean` and `rejected_mean` are the mean log-probability of a token; `chosen_nll` the
    likelihood term. Hong, Lee & Thorne 2024 (arXiv:2403.07691, eq. 4 to 7).
    """
    from torch.nn.functional import logsigmoid

    return chosen_nll - beta * logsigmoid(_log_odds(chosen_mean) - _log_odds(rejected_mean))


def cpo(
    chosen: Tensor, rejected: Tensor, chosen_nll: Tensor, *, beta: float, alpha: float = 1.0
) -> Tensor:
    """-log sigma(beta (c - r)) + alpha nll; `chosen` and `rejected` are whole completions'
    log-probabilities, all [rows].

    Xu et al. 2024 (arXiv:2401.08417).
    """
    from torch.nn.functional import logsigmoid

    return -logsigmoid(beta * (chosen - rejected)) + alpha * chosen_nll


def simpo(chosen_mean: Tensor, rejected_mean: Tensor, *, beta: float, gamma: float) -> Tensor:
    """-log sigma(beta (c - r) - gamma), of the mean log-probabilities of a token; all [rows].

    Meng, Xia & Chen 2024 (arXiv:2405.14734).
    """
    from torch.nn.functional import logsigmoid

    return -logsigmoid(beta * (chosen_mean - rejected_mean) - gamma)


def _log_odds(logp: Tensor) -> Tensor:
    """log p - log(1 - p), accurate at both ends."""
    import torch

    held = logp.clamp(max=SURE)
    near_one = torch.log(-torch.expm1(held.clamp(min=-math.log(2))))
    near_zero = torch.log1p(-torch.exp(held.clamp(max=-math.log(2))))
    return logp - torch.where(held > -math.log(2), near_one, near_zero)
