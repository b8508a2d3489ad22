"""Evaluation figures as pure functions of numbers, each with its interval."""

from __future__ import annotations

from training.metrics.agreement import Vote, human_agreement, reward_agreement
from training.metrics.calibration import (
    Bin,
    brier,
    calibration_error,
    log_loss,
    reliability,
    tie_log_loss,
)
from training.metrics.groups import quartiles, share_by
from training.metrics.intervals import Estimate, mean, proportion
from training.metrics.lengths import LengthBias, length_bias
from training.metrics.ranking import ranking_accuracy, separation, wins
from training.metrics.samples import (
    BestOf,
    best_of_curve,
    best_of_kl,
    distinct,
    sampled_kl,
    win_rate,
)

__all__ = [
    "BestOf",
    "Bin",
    "Estimate",
    "LengthBias",
    "Vote",
    "best_of_curve",
    "best_of_kl",
    "brier",
    "calibration_error",
    "distinct",
    "human_agreement",
    "length_bias",
    "log_loss",
    "mean",
    "proportion",
    "quartiles",
    "ranking_accuracy",
    "reliability",
    "reward_agreement",
    "sampled_kl",
    "separation",
    "share_by",
    "tie_log_loss",
    "win_rate",
    "wins",
]
