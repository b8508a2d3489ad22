"""Losses on lists: Plackett-Luce with and without ties, all pairs, LambdaLoss, PRO."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

FAR = 1e9  # the negative of it stands for a score that takes no part
LONGEST = 12  # completions in a list with ties: the exact sum visits 2^K subsets


def plackett_luce(scores: Tensor, mask: Tensor) -> Tensor:
    """-sum_i [s_i - log sum_(j >= i) e^(s_j)], for lists in strict order, the best first.

    `scores` and boolean `mask` (False: padding) are [rows, K]; the loss is [rows]. Plackett 1975,
    Luce 1959; with implicit rewards as scores it is DPO's list form (arXiv:2305.18290, app. A.3).
    """
    import torch

    length = scores.shape[-1]
    held = torch.where(mask, scores, -FAR)
    behind = torch.ones(length, length, dtype=torch.bool, device=scores.device).triu()
    rest = torch.where(behind, held.unsqueeze(-2), -FAR).logsumexp(-1)
    return torch.where(mask, rest - held, 0.0).sum(-1)


def plackett_luce_tied(scores: Tensor, tier: Tensor, mask: Tensor) -> Tensor:
    """-log of the summed Plackett-Luce probability of all orders that agree with the tiers.

    `scores`, integer `tier` (0 is best) and `mask` are [rows, K]; the loss is [rows]. Exact, by
    dynamic programming over the sets of completions still to be placed (2^K of them, not K! orders):
    a set's probability is the sum over the next completion from its best tier. Raises ValueError
    for K above 12.
    """
    import torch

    rows, length = scores.shape
    if length > LONGEST:
        raise ValueError(f"at most {LONGEST} completions in a list with ties, not {length}")
    held, tiers = _padding_last(scores, tier, mask)
    reached = torch.zeros(rows, 1, dtype=scores.dtype, device=scores.device)
    for sets, smaller in _subsets(length):
        chosen, tier_of = held[:, sets], tiers[:, sets]
        allowed = tier_of == tier_of.amin(-1, keepdim=True)
        log_first = chosen.log_softmax(-1) + reached[:, smaller]
        reached = torch.where(allowed, log_first, -FAR).logsumexp(-1)
    return -reached.squeeze(-1)


@cache
def _subsets(length: int) -> list[tuple[list[list[int]], list[list[int]]]]:
    """For each size from 1: the subsets of that size, and for each of their members the position of
    the set without it among the subsets of the size before.
    """
    levels: list[tuple[list[list[int]], list[list[int]]]] = []
    before: dict[tuple[int, ...], int] = {(): 0}
    for size in range(1, length + 1):
        sets = list(combinations(range(length), size))
        smaller = [[before[s[:i] + s[i + 1 :]] for i in range(size)] for s in sets]
        levels.append(([list(s) for s in sets], smaller))
        before = {s: position for position, s in enumerate(sets)}
    return levels


def _padding_last(scores: Tensor, tier: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Padding as the worst tier, far below the rest: its orders then sum to probability 1."""
    import torch

    lowest = torch.where(mask, scores, FAR).amin(-1, keepdim=True).clamp(max=0).detach()
    held = torch.where(mask, scores, lowest - 100)
    return held, torch.where(mask, tier, tier.amax() + 1)


def all_pairs(scores: Tensor, tier: Tensor, mask: Tensor) -> Tensor:
    """Bradley-Terry on all pairs of a list, a tied pair as half a win each, summed times
    2 / (K (K - 1)): each list weighs one comparison however long it is.

    `scores`, integer `tier` (0 is best) and `mask` are [rows, K]; the loss is [rows], 0 for fewer
    than two completions. Ouyang et al. 2022 (arXiv:2203.02155, eq. 1).
    """
    import torch

    from training.objectives.rewards import soft_bradley_terry

    delta = scores.unsqueeze(-1) - scores.unsqueeze(-2)
    order = (tier.unsqueeze(-2) - tier.unsqueeze(-1)).sign()
    losses = soft_bradley_terry(delta, (order.to(scores.dtype) + 1) / 2)
    both = (mask.unsqueeze(-1) & mask.unsqueeze(-2)).triu(diagonal=1)
    pairs = both.sum((-2, -1)).clamp_min(1)
    return torch.where(both, losses, 0.0).sum((-2, -1)) / pairs


def lipo_lambda(scores: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
    """sum over pairs with psi_i > psi_j of D_ij log(1 + e^-(s_i - s_j)), where
    D_ij = |2^psi_i - 2^psi_j| |1/log(1 + tau_i) - 1/log(1 + tau_j)| and tau ranks the scores.

    `scores`, `labels` psi in [0, 1] and `mask` are [rows, K]; the loss is [rows]. The weights D
    have no gradient; equal labels drop out. LiPO-lambda: Liu et al. 2024 (arXiv:2402.01878).
    """
    import torch
    from torch.nn.functional import logsigmoid

    ranks = (
        torch.where(mask, scores, -FAR).argsort(dim=-1, descending=True, stable=True).argsort(-1)
    )
    discount = 1 / torch.log(ranks.to(scores.dtype) + 2)
    gain = 2.0**labels
    apart = (gain.unsqueeze(-1) - gain.unsqueeze(-2)).abs()
    moved = (discount.unsqueeze(-1) - discount.unsqueeze(-2)).abs()
    losses = -logsigmoid(scores.unsqueeze(-1) - scores.unsqueeze(-2))
    better = labels.unsqueeze(-1) > labels.unsqueeze(-2)
    counted = better & mask.unsqueeze(-1) & mask.unsqueeze(-2)
    return torch.where(counted, apart * moved * losses, 0.0).sum((-2, -1))


def pro(mean_logps: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
    """-sum_k log[e^(T_kk s_k) / (e^(T_kk s_k) + sum_(r_i < r_k) e^(T_ki s_i))], T_ki = r_k - r_i and
    T_kk = max_i T_ki.

    `mean_logps` s (the log-probability of a token, on average), `labels` r and `mask` are
    [rows, K]; the loss is [rows], 0 where all labels are equal. The published code lets an equally
    good completion add a constant to the sum, which depends on their order; here it is no negative.
    PRO: Song et al. 2024 (arXiv:2306.17492).
    """
    import torch

    gap = labels.unsqueeze(-1) - labels.unsqueeze(-2)
    worse = (gap > 0) & mask.unsqueeze(-1) & mask.unsqueeze(-2)
    widest = torch.where(worse, gap, 0.0).amax(-1)
    own = widest * mean_logps
    others = torch.where(worse, gap * mean_logps.unsqueeze(-2), -FAR).logsumexp(-1)
    return torch.where(worse.any(-1), torch.logaddexp(own, others) - own, 0.0).sum(-1)
