"""How per-row losses become the loss of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def weighted_mean(losses: Tensor, weights: Tensor | None) -> Tensor:
    """(1/n) sum_i w_i l_i over the n rows of the batch; `losses` and `weights` are [rows], the mean
    is a scalar.

    Not divided by the sum of weights, so that a row's pull does not depend on its neighbours:
    weight 0 has no gradient, weight 2 is the row twice. Callers scale weights to a mean of 1 over
    the training set. None means all 1.
    """
    return losses.mean() if weights is None else (losses * weights).mean()
