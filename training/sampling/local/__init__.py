"""Policies that run on this machine: finding, loading and decoding a model."""

from __future__ import annotations

from training.sampling.local.loading import (
    check_base_model,
    check_policy_model,
    refuse_reward_model,
)
from training.sampling.local.policy import LocalPolicy

__all__ = ["LocalPolicy", "check_base_model", "check_policy_model", "refuse_reward_model"]
