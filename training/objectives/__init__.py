"""Losses as pure functions of tensors: one value a row, each with its formula and source."""

from __future__ import annotations

from training.objectives.cardinal import gaussian_interval, masked_squares, squared_difference
from training.objectives.contrast import info_nca, nca
from training.objectives.direct import (
    DIVERGENCES,
    LOSSES,
    DirectBatch,
    DirectSettings,
    f_divergence_ratio,
    length_desensitised,
    with_divergence,
)
from training.objectives.general import general_preference
from training.objectives.online import sppo_soft, xpo_bonus
from training.objectives.pointwise import apo_zero_unpaired, bco, kto, thumb_logistic
from training.objectives.rankings import (
    all_pairs,
    lipo_lambda,
    plackett_luce,
    plackett_luce_tied,
    pro,
)
from training.objectives.reference_free import cpo, orpo, simpo
from training.objectives.rewards import (
    bradley_terry,
    centred,
    crowd_bradley_terry,
    dpo_sigmoid,
    mixture_bradley_terry,
    soft_bradley_terry,
)
from training.objectives.strengths import cumulative_link
from training.objectives.ties import davidson, rao_kupper
from training.objectives.unlikelihood import cut, flagged_tokens, token_nll
from training.objectives.weighting import weighted_mean

__all__ = [
    "DIVERGENCES",
    "LOSSES",
    "DirectBatch",
    "DirectSettings",
    "all_pairs",
    "apo_zero_unpaired",
    "bco",
    "bradley_terry",
    "centred",
    "cpo",
    "crowd_bradley_terry",
    "cumulative_link",
    "cut",
    "davidson",
    "dpo_sigmoid",
    "f_divergence_ratio",
    "flagged_tokens",
    "gaussian_interval",
    "general_preference",
    "info_nca",
    "kto",
    "length_desensitised",
    "lipo_lambda",
    "masked_squares",
    "mixture_bradley_terry",
    "nca",
    "orpo",
    "plackett_luce",
    "plackett_luce_tied",
    "pro",
    "rao_kupper",
    "simpo",
    "soft_bradley_terry",
    "sppo_soft",
    "squared_difference",
    "thumb_logistic",
    "token_nll",
    "weighted_mean",
    "with_divergence",
    "xpo_bonus",
]
