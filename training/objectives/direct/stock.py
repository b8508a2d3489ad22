"""The fifteen losses of TRL's DPO trainer, row by row so that rows can be weighted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.objectives.direct.batch import DirectBatch, DirectSettings, needed

if TYPE_CHECKING:
    from torch import Tensor


def sigmoid(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """-log sigma(beta d). Rafailov et al. 2023 (arXiv:2305.18290, eq. 7)."""
    from torch.nn.functional import logsigmoid

    return -logsigmoid(settings.beta * batch.difference)


def hinge(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """max(0, 1 - beta d). SLiC: Zhao et al. 2023 (arXiv:2305.10425); RSO (arXiv:2309.06657)."""
    import torch

    return torch.relu(1 - settings.beta * batch.difference)


def ipo(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """(d - 1 / (2 beta))^2 with ratios by token. Azar et al. 2023 (arXiv:2310.12036, eq. 17)."""
    return (_by_token(batch) - 1 / (2 * settings.beta)) ** 2


def exo_pair(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """KL([sigma(beta d), sigma(-beta d)] || [1 - e, e]), e = label_smoothing > 0.

    Ji et al. 2024 (arXiv:2402.00856, eq. 16).
    """
    import math

    import torch
    from torch.nn.functional import logsigmoid

    logits = settings.beta * batch.difference
    right = torch.sigmoid(logits) * (logsigmoid(logits) - math.log1p(-settings.label_smoothing))
    wrong = torch.sigmoid(-logits) * (logsigmoid(-logits) - math.log(settings.label_smoothing))
    return right + wrong


def nca_pair(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """-log sigma(c) - (log sigma(-c) + log sigma(-r)) / 2, of beta times the ratios.

    Chen et al. 2024 (arXiv:2402.05369).
    """
    from torch.nn.functional import logsigmoid

    chosen, rejected = settings.beta * batch.chosen_ratio, settings.beta * batch.rejected_ratio
    return -logsigmoid(chosen) - 0.5 * logsigmoid(-chosen) - 0.5 * logsigmoid(-rejected)


def robust(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """[(1 - e) l(d) - e l(-d)] / (1 - 2 e) with l(d) = -log sigma(beta d), e = label_smoothing.

    Unbiased where a share e < 1/2 of the labels is flipped; unbounded below. Ray Chowdhury, Kini &
    Natarajan 2024 (arXiv:2403.00409).
    """
    from torch.nn.functional import logsigmoid

    logits, flipped = settings.beta * batch.difference, settings.label_smoothing
    clean = -(1 - flipped) * logsigmoid(logits) + flipped * logsigmoid(-logits)
    return clean / (1 - 2 * flipped)


def bco_pair(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """-log sigma(c) - log sigma(-r), of beta times the ratios. Jung et al. 2024 (arXiv:2404.04656),
    on pairs and without a shift.
    """
    from torch.nn.functional import logsigmoid

    chosen, rejected = settings.beta * batch.chosen_ratio, settings.beta * batch.rejected_ratio
    return -logsigmoid(chosen) - logsigmoid(-rejected)


def sppo_hard(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """(c - 1 / (2 beta))^2 + (r + 1 / (2 beta))^2, of the ratios.

    Wu et al. 2024 (arXiv:2405.00675, eq. 4.7 with probabilities 1 and 0).
    """
    half = 0.5 / settings.beta
    return (batch.chosen_ratio - half) ** 2 + (batch.rejected_ratio + half) ** 2


def aot(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """-log sigma(beta d) where d is the policy's chosen - rejected minus the reference's of the
    same rank in the batch. A row keeps its own policy side. Melnyk et al. 2024 (arXiv:2406.05882).
    """
    gaps = batch.chosen - batch.rejected
    return _smoothed(gaps - _of_same_rank(gaps, batch.ref_chosen - batch.ref_rejected), settings)


def aot_unpaired(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """-log sigma(beta d) where d is a chosen ratio minus the rejected ratio of the same rank in the
    batch. A row keeps its own chosen side. Melnyk et al. 2024 (arXiv:2406.05882).
    """
    chosen = batch.chosen_ratio
    return _smoothed(chosen - _of_same_rank(chosen, batch.rejected_ratio), settings)


def apo_zero(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """1 - sigma(c) + sigma(r), of beta times the ratios: chosen up, rejected down.

    D'Oosterlinck et al. 2024 (arXiv:2408.06266, eq. 7).
    """
    import torch

    chosen, rejected = settings.beta * batch.chosen_ratio, settings.beta * batch.rejected_ratio
    return 1 - torch.sigmoid(chosen) + torch.sigmoid(rejected)


def apo_down(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """sigma(c) + 1 - sigma(c - r), of beta times the ratios: both down, rejected more.

    D'Oosterlinck et al. 2024 (arXiv:2408.06266, eq. 8).
    """
    import torch

    chosen = settings.beta * batch.chosen_ratio
    return torch.sigmoid(chosen) + 1 - torch.sigmoid(settings.beta * batch.difference)


def discopop(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """(1 - m) (-log sigma(l)) + m e^(-l) with l = beta d and m = sigma(l / tau).

    Lu et al. 2024 (arXiv:2406.08414, eq. 5).
    """
    import torch
    from torch.nn.functional import logsigmoid

    logits = settings.beta * batch.difference
    share = torch.sigmoid(logits / settings.discopop_tau)
    # m e^(-l) = e^(log m - l), finite where e^(-l) alone is not
    exponential = torch.exp(logsigmoid(logits / settings.discopop_tau) - logits)
    return -logsigmoid(logits) * (1 - share) + exponential


def sft(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """The chosen side's -log p, summed over a row's tokens and divided by the batch's mean number
    of tokens: without weights the batch's mean is that of all tokens.
    """
    length = needed(batch.chosen_length, "chosen_length").to(batch.chosen.dtype)
    return needed(batch.chosen_nll, "chosen_nll") * length / length.mean().clamp_min(1e-9)


def sigmoid_norm(batch: DirectBatch, settings: DirectSettings) -> Tensor:
    """-log sigma(beta d) with ratios by token. Lambert et al. 2024 (Tulu 3, arXiv:2411.15124)."""
    from torch.nn.functional import logsigmoid

    return -logsigmoid(settings.beta * _by_token(batch))


def _by_token(batch: DirectBatch) -> Tensor:
    """The difference of the ratios, each over its completion's number of tokens."""
    chosen = needed(batch.chosen_length, "chosen_length").clamp_min(1)
    rejected = needed(batch.rejected_length, "rejected_length").clamp_min(1)
    return batch.chosen_ratio / chosen - batch.rejected_ratio / rejected


def _of_same_rank(values: Tensor, others: Tensor) -> Tensor:
    """For each value that of the others with the same rank in the batch."""
    return others.sort().values[values.argsort(stable=True).argsort()]


def _smoothed(difference: Tensor, settings: DirectSettings) -> Tensor:
    from torch.nn.functional import logsigmoid

    logits, flipped = settings.beta * difference, settings.label_smoothing
    return -logsigmoid(logits) * (1 - flipped) - logsigmoid(-logits) * flipped
