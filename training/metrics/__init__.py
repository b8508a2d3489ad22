"""Evaluation figures as pure functions of numbers, each with its interval."""

from __future__ import annotations

from training.metrics.intervals import Estimate, mean, proportion
from training.metrics.ranking import ranking_accuracy, separation

__all__ = ["Estimate", "mean", "proportion", "ranking_accuracy", "separation"]
