"""Log-ratios before a loss of the DPO family: other divergences, and less weight on extra length."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from training.objectives.direct.batch import DirectBatch

if TYPE_CHECKING:
    from torch import Tensor

LARGEST = 80.0  # exponents above it do not fit float32 and bfloat16


def f_divergence_ratio(log_ratio: Tensor, divergence: str, coefficient: float = 0.5) -> Tensor:
    """f'(pi / pi_ref) of log_ratio = log pi / pi_ref, any shape; its place in the loss is that of
    the log-ratio.

    `divergence`: one of DIVERGENCES; `coefficient` is alpha's. Raises ValueError for another name.
    Wang et al. 2023 (arXiv:2309.16240).
    """
    try:
        transform = DIVERGENCES[divergence]
    except KeyError:
        raise ValueError(f"unknown divergence '{divergence}'") from None
    return transform(log_ratio, coefficient)


def with_divergence(batch: DirectBatch, divergence: str, coefficient: float = 0.5) -> DirectBatch:
    """The batch with each side's log-ratio replaced by that of another divergence."""
    import torch

    return replace(
        batch,
        chosen=f_divergence_ratio(batch.chosen_ratio, divergence, coefficient),
        rejected=f_divergence_ratio(batch.rejected_ratio, divergence, coefficient),
        ref_chosen=torch.zeros_like(batch.ref_chosen),
        ref_rejected=torch.zeros_like(batch.ref_rejected),
    )


def length_desensitised(
    logps: Tensor, mask: Tensor, alpha: float, *, shared_length: Tensor
) -> Tensor:
    """sum of log p over the first `shared_length` tokens + alpha times that over the rest.

    `logps` and `mask` (1 on completion tokens) are [rows, tokens], `shared_length` [rows] the
    shorter side's number of tokens; the sum is [rows], the full one for alpha = 1. LD-DPO: Liu et
    al. 2024 (arXiv:2409.06411).
    """
    position = mask.long().cumsum(-1)
    shared = (position <= shared_length.unsqueeze(-1)) & mask.bool()
    tail = (position > shared_length.unsqueeze(-1)) & mask.bool()
    return (logps * shared).sum(-1) + alpha * (logps * tail).sum(-1)


def _reverse_kl(log_ratio: Tensor, coefficient: float) -> Tensor:
    return log_ratio


def _forward_kl(log_ratio: Tensor, coefficient: float) -> Tensor:
    """1 - 1/t"""
    return 1 - (-log_ratio).clamp(max=LARGEST).exp()


def _js_divergence(log_ratio: Tensor, coefficient: float) -> Tensor:
    """log(2 t / (t + 1))"""
    from torch.nn.functional import logsigmoid

    return math.log(2) + logsigmoid(log_ratio)


def _alpha_divergence(log_ratio: Tensor, coefficient: float) -> Tensor:
    """(t^(a - 1) - 1) / (a - 1), which is log t at a = 1"""
    power = coefficient - 1
    if abs(power) < 1e-6:
        return log_ratio
    return ((power * log_ratio).clamp(max=LARGEST).exp() - 1) / power


DIVERGENCES: dict[str, Callable[[Tensor, float], Tensor]] = {
    "reverse_kl": _reverse_kl,
    "forward_kl": _forward_kl,
    "js_divergence": _js_divergence,
    "alpha_divergence": _alpha_divergence,
}
