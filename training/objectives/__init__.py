"""Losses as pure functions of tensors: one value a row, each with its formula and source."""

from __future__ import annotations

from training.objectives.preference import bradley_terry, dpo_sigmoid
from training.objectives.unpaired import kto
from training.objectives.weighting import weighted_mean

__all__ = ["bradley_terry", "dpo_sigmoid", "kto", "weighted_mean"]
