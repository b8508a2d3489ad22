"""What recipes on TRL share: rows, defaults, progress, resume, output and evaluation."""

from __future__ import annotations

from training.recipes.trl_support.arguments import Rates
from training.recipes.trl_support.evaluation import (
    evaluate_policy,
    evaluate_reward_model,
    evaluate_verdicts,
)
from training.recipes.trl_support.fitting import Prepared, fit, prepare, result
from training.recipes.trl_support.rows import (
    FEWEST_PAIRS,
    held_out_pairs,
    missing_pairs,
    pair_rows,
    verdict_rows,
)
from training.recipes.trl_support.weighted import completion_logps, metrics_of, weighted_trainer

__all__ = [
    "FEWEST_PAIRS",
    "Prepared",
    "Rates",
    "completion_logps",
    "evaluate_policy",
    "evaluate_reward_model",
    "evaluate_verdicts",
    "fit",
    "held_out_pairs",
    "metrics_of",
    "missing_pairs",
    "pair_rows",
    "prepare",
    "result",
    "verdict_rows",
    "weighted_trainer",
]
