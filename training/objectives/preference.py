"""Losses on pairs of which one is preferred: Bradley-Terry for rewards, DPO for policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def bradley_terry(chosen: Tensor, rejected: Tensor, margin: Tensor | None = None) -> Tensor:
    """-log sigma(r_c - r_r - m), each tensor [rows]; the loss is [rows].

    Bradley & Terry 1952; as a reward model's loss Ouyang et al. 2022 (arXiv:2203.02155, eq. 1); the
    margin m >= 0 from Touvron et al. 2023 (arXiv:2307.09288, eq. 2).
    """
    from torch.nn.functional import logsigmoid

    difference = chosen - rejected
    return -logsigmoid(difference if margin is None else difference - margin)


def dpo_sigmoid(
    chosen: Tensor, rejected: Tensor, ref_chosen: Tensor, ref_rejected: Tensor, *, beta: float
) -> Tensor:
    """-log sigma(beta [(c - c_ref) - (r - r_ref)]); log-probabilities of whole completions [rows],
    the loss [rows].

    Rafailov et al. 2023 (arXiv:2305.18290, eq. 7). At the reference it is ln 2.
    """
    from torch.nn.functional import logsigmoid

    return -logsigmoid(beta * ((chosen - ref_chosen) - (rejected - ref_rejected)))
