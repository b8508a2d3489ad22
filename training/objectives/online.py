"""Losses on a policy's own samples: exploration and win probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def xpo_bonus(reference_sample_logps: Tensor, alpha: float) -> Tensor:
    """alpha log pi(y_ref): added to online DPO's loss it pushes mass off what the reference samples.

    `reference_sample_logps` [rows] are the policy's log-probabilities of samples of the reference.
    XPO: Xie et al. 2024 (arXiv:2405.21046).
    """
    return alpha * reference_sample_logps


def sppo_soft(ratio: Tensor, probability: Tensor, eta: float) -> Tensor:
    """(rho - eta (P - 1/2))^2 of each completion; all [rows].

    `ratio` rho = log pi - log pi_ref; `probability` P that the completion beats the policy: a share
    of votes or a mean of pairwise probabilities. A pair's loss is the mean of its two. Wu et al.
    2024 (arXiv:2405.00675, eq. 4.7; eta = 1 / beta).
    """
    return (ratio - eta * (probability - 0.5)) ** 2
