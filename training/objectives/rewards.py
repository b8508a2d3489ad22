"""Losses on pairs of which one side is preferred: Bradley-Terry and what noise makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

TINY = 1e-6  # keeps a share of 0 or 1 from an infinite logarithm


def bradley_terry(chosen: Tensor, rejected: Tensor, margin: Tensor | None = None) -> Tensor:
    """-log sigma(r_c - r_r - m), each tensor [rows]; the loss is [rows].

    Bradley & Terry 1952; as a reward model's loss Ouyang et al. 2022 (arXiv:2203.02155, eq. 1); the
    margin m >= 0 from Touvron et al. 2023 (arXiv:2307.09288, eq. 2).
    """
    from torch.nn.functional import logsigmoid

    difference = chosen - rejected
    return -logsigmoid(difference if margin is None else difference - margin)


def soft_bradley_terry(delta: Tensor, probability: Tensor) -> Tensor:
    """-p log sigma(d) - (1 - p) log sigma(-d), all [rows].

    `delta` is first minus second, `probability` how likely the first is preferred: 1/2 for a tie, a
    share of votes, or 1 - epsilon for labels of which a share epsilon is flipped (cDPO: Mitchell
    2023). Least where sigma(d) = p.
    """
    from torch.nn.functional import logsigmoid

    return -probability * logsigmoid(delta) - (1 - probability) * logsigmoid(-delta)


def crowd_bradley_terry(delta: Tensor, reliability: Tensor) -> Tensor:
    """-log[eta sigma(d) + (1 - eta) sigma(-d)], all [rows]; d is chosen minus rejected.

    `reliability` eta in [0, 1] is the chance that the annotator of the row says what holds: 1 gives
    Bradley-Terry, 1/2 says nothing (ln 2, no gradient), below 1/2 the label counts as reversed.
    Crowd-BT: Chen, Bennett, Collins-Thompson & Horvitz 2013 (WSDM).
    """
    import torch
    from torch.nn.functional import logsigmoid

    eta = reliability.clamp(TINY, 1 - TINY)
    right, wrong = eta.log() + logsigmoid(delta), torch.log1p(-eta) + logsigmoid(-delta)
    return -torch.logaddexp(right, wrong)


def mixture_bradley_terry(deltas: Tensor, shares: Tensor) -> Tensor:
    """-log sum_g share_g sigma(d_g): `deltas` and `shares` are [rows, groups], the loss [rows].

    Each group of annotators has a reward of its own; `shares` sum to 1 in a row and say how likely
    its annotator belongs to each group. MiCRo (arXiv:2505.24846), PAL (arXiv:2406.08469).
    """
    import torch
    from torch.nn.functional import logsigmoid

    return -torch.logsumexp(shares.clamp_min(TINY).log() + logsigmoid(deltas), dim=-1)


def centred(chosen: Tensor, rejected: Tensor) -> Tensor:
    """(r_c + r_r)^2 [rows]: added with a small weight (0.01), it keeps rewards around 0.

    Eisenstein et al. 2023 (arXiv:2312.09244).
    """
    return (chosen + rejected) ** 2


def dpo_sigmoid(
    chosen: Tensor, rejected: Tensor, ref_chosen: Tensor, ref_rejected: Tensor, *, beta: float
) -> Tensor:
    """-log sigma(beta [(c - c_ref) - (r - r_ref)]); log-probabilities of whole completions [rows],
    the loss [rows].

    Rafailov et al. 2023 (arXiv:2305.18290, eq. 7). At the reference it is ln 2.
    """
    from torch.nn.functional import logsigmoid

    return -logsigmoid(beta * ((chosen - ref_chosen) - (rejected - ref_rejected)))
