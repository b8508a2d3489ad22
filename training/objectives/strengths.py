"""Losses on ordered strengths of preference: the cumulative link."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def cumulative_link(delta: Tensor, level: Tensor, gaps: Tensor) -> Tensor:
    """-log P(level), where P(level <= k) = sigma(c_k - d) and the cut-points are symmetric.

    `delta` [rows] is first minus second. `level` [rows] are integers from -L (second much better)
    over 0 (tie) to L (first much better). `gaps` [L] or [rows, L] are positive: the cut-points are
    their running sums and the negatives of these. L = 1 is Rao-Kupper with the threshold gaps[0].
    McCullagh 1980 (proportional odds). Raises ValueError for a level beyond L.
    """
    import torch
    from torch.nn.functional import logsigmoid

    steps = gaps.shape[-1]
    if level.numel() and int(level.abs().max()) > steps:
        raise ValueError(f"levels lie between -{steps} and {steps}")
    cuts = _cut_points(gaps, len(delta)).to(delta)
    position = (level.long() + steps).unsqueeze(-1)
    low = cuts.gather(-1, position).squeeze(-1)
    high = cuts.gather(-1, position + 1).squeeze(-1)
    # sigma(h) - sigma(l) = sigma(h) sigma(-l) (1 - e^(l - h)), exact in the tails
    log_width = torch.log(-torch.expm1(low - high))
    return -(logsigmoid(high - delta) + logsigmoid(delta - low) + log_width)


def _cut_points(gaps: Tensor, rows: int) -> Tensor:
    """[rows, 2 L + 2]: infinite ends, and between them the symmetric cut-points."""
    import torch

    upper = gaps.cumsum(-1).expand(rows, gaps.shape[-1])
    ends = torch.full((rows, 1), torch.inf, dtype=gaps.dtype, device=gaps.device)
    return torch.cat([-ends, -upper.flip(-1), upper, ends], dim=-1)
