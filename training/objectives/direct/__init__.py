"""The DPO family: losses on pairs under a policy and its reference, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from training.objectives.direct import labelled, stock
from training.objectives.direct.batch import DirectBatch, DirectSettings
from training.objectives.direct.ratios import (
    DIVERGENCES,
    f_divergence_ratio,
    length_desensitised,
    with_divergence,
)

if TYPE_CHECKING:
    from torch import Tensor

# Names and values of the first fifteen are those of TRL's DPOConfig.loss_type.
LOSSES: dict[str, Callable[[DirectBatch, DirectSettings], Tensor]] = {
    loss.__name__: loss
    for loss in (
        stock.sigmoid,
        stock.hinge,
        stock.ipo,
        stock.exo_pair,
        stock.nca_pair,
        stock.robust,
        stock.bco_pair,
        stock.sppo_hard,
        stock.aot,
        stock.aot_unpaired,
        stock.apo_zero,
        stock.apo_down,
        stock.discopop,
        stock.sft,
        stock.sigmoid_norm,
        labelled.soft,
        labelled.margin,
        labelled.rao_kupper,
        labelled.davidson,
        labelled.squared,
    )
}

__all__ = [
    "DIVERGENCES",
    "LOSSES",
    "DirectBatch",
    "DirectSettings",
    "f_divergence_ratio",
    "length_desensitised",
    "with_divergence",
]
