"""Losses on single tokens: likelihood, and unlikelihood where a critique points at a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

SURE = -1e-6  # the log-probability above which 1 - p is no longer told from 0


def token_nll(logps: Tensor, mask: Tensor) -> Tensor:
    """The mean of -log p over a row's tokens: `logps` and `mask` are [rows, tokens], the loss
    [rows]; 0 for a row without tokens.
    """
    kept = mask.to(logps.dtype)
    return -(logps * kept).sum(-1) / kept.sum(-1).clamp_min(1)


def flagged_tokens(logps: Tensor, conditioned: Tensor, mask: Tensor, threshold: float) -> Tensor:
    """Where p(token | prompt, critique) / p(token | prompt) > threshold: boolean [rows, tokens].

    `logps` and `conditioned` are the tokens' log-probabilities without and with the critique in
    the prompt. A token that the critique makes likelier is what it complains of.
    """
    import math

    return (conditioned.detach() - logps.detach() > math.log(threshold)) & mask.bool()


def cut(
    logps: Tensor, conditioned: Tensor, mask: Tensor, *, threshold: float = 1.1, alpha: float = 1.0
) -> Tensor:
    """The mean over a row's tokens of -alpha log(1 - p) where flagged, -log p elsewhere.

    `logps`, `conditioned` and `mask` are [rows, tokens] (see `flagged_tokens`); gradients flow
    through `logps` alone. The loss is [rows]. CUT: Xu et al. 2023 (arXiv:2312.14591);
    its other half is `token_nll` of the completion under the prompt with the critique.
    """
    import torch

    flagged = flagged_tokens(logps, conditioned, mask, threshold)
    unlikely = torch.log(-torch.expm1(logps.clamp(max=SURE)))
    losses = torch.where(flagged, -alpha * unlikely, -logps)
    kept = mask.to(logps.dtype)
    return (losses * kept).sum(-1) / kept.sum(-1).clamp_min(1)
