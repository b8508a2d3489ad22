"""Losses on amounts: differences, intervals with open ends, and several attributes at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

BEYOND = 1e6  # standard deviations that stand for an open end


def squared_difference(delta: Tensor, target: Tensor) -> Tensor:
    """(d - t)^2, both [rows]: d is first minus second, t the amount by which the first is preferred.

    As a reward model's loss least squares on differences of utility; with an implicit reward as d
    it is REBEL's regression (Gao et al. 2024, arXiv:2404.16767) and, on willingness to pay,
    the cardinal objective of Whitfill & Slocum 2025 (arXiv:2508.08486).
    """
    return (delta - target) ** 2


def gaussian_interval(mean: Tensor, low: Tensor, high: Tensor, sigma: Tensor | float) -> Tensor:
    """-log P(low <= X <= high) for X ~ N(mean, sigma^2); a density where low equals high.

    All [rows], `sigma` > 0 also a scalar. An infinite end is open: a capped amount is
    [cap, inf). Tobin 1958; for price lists interval regression (Stewart 1983). Exact in the tails.
    """
    import torch

    spread = torch.as_tensor(sigma, dtype=mean.dtype, device=mean.device).expand_as(mean)
    point = low == high
    a, b = _standardised(low, mean, spread), _standardised(high, mean, spread)
    # A point is no interval: keep its empty one out of the logarithm.
    wide = torch.where(point, a.detach() + 1, b)
    density = (a**2 + math.log(2 * math.pi)) / 2 + spread.log()
    return torch.where(point, density, -_log_between(a, wide))


def masked_squares(predicted: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """The mean of (p - t)^2 over the heads that were rated: `predicted`, `target` and boolean
    `mask` are [rows, heads], the loss [rows]; 0 where none was. Targets that are masked may be
    anything, NaN included.

    Wang et al. 2024 (HelpSteer2, arXiv:2406.08673).
    """
    import torch

    error = predicted - torch.where(mask, target, predicted.detach())
    return (error**2).sum(-1) / mask.sum(-1).clamp_min(1)


def _standardised(end: Tensor, mean: Tensor, spread: Tensor) -> Tensor:
    """(end - mean) / spread, an infinite end as a far constant without gradient."""
    import torch

    open_end = torch.isinf(end)
    value = (torch.where(open_end, 0.0, end) - mean) / spread
    return torch.where(open_end, end.sign() * BEYOND, value)


def _log_between(a: Tensor, b: Tensor) -> Tensor:
    """log(Phi(b) - Phi(a)) for a < b, without cancellation however far out."""
    import torch

    across = (a <= 0) & (b >= 0)
    root = math.sqrt(2)
    middle = (torch.erf(torch.where(across, b, 1.0) / root)) - torch.erf(
        torch.where(across, a, -1.0) / root
    )
    # Both on one side: mirrored to the right, 0 < near < far.
    right = a > 0
    near = torch.where(across, 1.0, torch.where(right, a, -b))
    far = torch.where(across, 2.0, torch.where(right, b, -a))
    return torch.where(across, torch.log(middle / 2), _log_tail(near, far))


def _log_tail(near: Tensor, far: Tensor) -> Tensor:
    """log(Q(near) - Q(far)) for 0 <= near < far, where Q(x) = e^(-x^2/2) erfcx(x / sqrt 2) / 2."""
    import torch

    root = math.sqrt(2)
    first, second = torch.special.erfcx(near / root), torch.special.erfcx(far / root)
    decay = (far - near) * (far + near) / 2
    share = torch.log1p(-torch.exp(-decay) * second / first)
    return first.log() - math.log(2) - near**2 / 2 + share
