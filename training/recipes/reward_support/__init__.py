"""What reward models share: rows with several completions, losses that learn things of their own, bodies."""

from __future__ import annotations

from training.recipes.reward_support.lessons import (
    FrozenConfig,
    Lesson,
    RewardRecipe,
    RewardsConfig,
    Subject,
)
from training.recipes.reward_support.training import train_reward_model

__all__ = [
    "FrozenConfig",
    "Lesson",
    "RewardRecipe",
    "RewardsConfig",
    "Subject",
    "train_reward_model",
]
