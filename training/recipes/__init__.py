"""The catalogue of recipes: one module each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from feedback.complaints import field_errors
from feedback.errors import InvalidInput
from training.recipes.base import Config, Recipe
from training.recipes.best_of_n import BestOfN
from training.recipes.cut import Cut
from training.recipes.dpo import Dpo
from training.recipes.feedback_sft import FeedbackSft
from training.recipes.general_preference import GeneralPreference
from training.recipes.grpo import Grpo
from training.recipes.kto import Kto
from training.recipes.listwise import Listwise
from training.recipes.online_dpo import OnlineDpo
from training.recipes.reference_free import ReferenceFree
from training.recipes.reward_amounts import RewardAmounts
from training.recipes.reward_attributes import RewardAttributes
from training.recipes.reward_groups import RewardGroups
from training.recipes.reward_lens import RewardLens
from training.recipes.reward_model import RewardModel
from training.recipes.reward_ranking import RewardRanking
from training.recipes.reward_thumbs import RewardThumbs
from training.recipes.rules import Rules
from training.recipes.self_reward import SelfReward
from training.recipes.sft import Sft

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        RewardModel(),
        RewardRanking(),
        RewardThumbs(),
        RewardAmounts(),
        RewardAttributes(),
        RewardGroups(),
        RewardLens(),
        GeneralPreference(),
        Dpo(),
        Kto(),
        ReferenceFree(),
        Listwise(),
        Sft(),
        FeedbackSft(),
        Cut(),
        Rules(),
        BestOfN(),
        OnlineDpo(),
        Grpo(),
        SelfReward(),
    )
}


def get_recipe(name: str) -> Recipe:
    """The recipe of that name; raises InvalidInput `unknown_recipe`."""
    try:
        return RECIPES[name]
    except KeyError:
        raise InvalidInput(
            f"There is no recipe '{name}'.",
            code="unknown_recipe",
            hint=f"Known recipes: {', '.join(RECIPES)}.",
        ) from None


def parse_config(recipe: Recipe, payload: Mapping[str, Any]) -> Config:
    """The validated config; raises InvalidInput `invalid_config` with a detail for each wrong
    field.
    """
    try:
        return recipe.config_model.model_validate(payload)
    except ValidationError as error:
        details = field_errors(error, "config")
        raise InvalidInput(
            f"The config does not fit: {details[0]['where']}: {details[0]['message']}",
            code="invalid_config",
            hint=f"See the fields of the recipe '{recipe.name}'.",
            details=details,
        ) from error
