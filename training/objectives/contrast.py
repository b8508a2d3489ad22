"""Losses on lists with numeric scores: noise-contrastive alignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

FAR = 1e9  # the negative of it stands for a score that takes no part


def info_nca(rewards: Tensor, scores: Tensor, mask: Tensor, alpha: float) -> Tensor:
    """-sum_k q_k log softmax(r)_k with q = softmax(score / alpha).

    `rewards` (implicit: beta log-ratio), `scores` and `mask` are [rows, K]; the loss is [rows].
    InfoNCA: Chen et al. 2024 (arXiv:2402.05369); with two completions and a small alpha DPO.
    """
    import torch

    log_share = torch.where(mask, rewards, -FAR).log_softmax(-1)
    return -torch.where(mask, _targets(scores, mask, alpha) * log_share, 0.0).sum(-1)


def nca(rewards: Tensor, scores: Tensor, mask: Tensor, alpha: float) -> Tensor:
    """-sum_k [q_k log sigma(r_k) + log sigma(-r_k) / K] with q = softmax(score / alpha).

    `rewards` (implicit: beta log-ratio), `scores` and `mask` are [rows, K]; the loss is [rows].
    NCA: Chen et al. 2024 (arXiv:2402.05369): it holds the likelihood of the best up.
    """
    import torch
    from torch.nn.functional import logsigmoid

    count = mask.sum(-1, keepdim=True).clamp_min(1)
    wanted = _targets(scores, mask, alpha) * logsigmoid(rewards)
    return -torch.where(mask, wanted + logsigmoid(-rewards) / count, 0.0).sum(-1)


def _targets(scores: Tensor, mask: Tensor, alpha: float) -> Tensor:
    import torch

    return torch.where(mask, scores / alpha, -FAR).softmax(-1)
