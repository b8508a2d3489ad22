"""Fields of every recipe that samples, what it lacks, and what may disappoint."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from training.recipes.base import Config, ModelNeed
from training.sampling.base import SamplingParams

FEWEST_PROMPTS = 8
FEW_PROMPTS = 50

GRADER = ModelNeed(
    label="Grader",
    kinds=("reward_model", "policy", "rule"),
    sentence="It says which answers are better: a reward model or a rule gives each a number, a "
    "policy is asked about every pair, in both orders: n (n - 1) questions for n answers.",
)


class SampledConfig(Config):
    """How a policy is sampled for its own training."""

    epochs: float = Field(default=1, gt=0, le=100, description="Passes over what was sampled.")
    batch_size: int = Field(default=16, ge=1, le=1024, description="Rows in one optimiser step.")
    samples: int = Field(
        default=4, ge=2, le=64, description="Answers sampled for each prompt, to choose among."
    )
    temperature: float = Field(
        default=1.0, gt=0, le=2, description="Higher samples differ more from each other."
    )
    max_new_tokens: int = Field(
        default=128, ge=1, le=8192, description="Tokens in an answer; longer ones are cut off."
    )

    def sampling(self, seed: int, n: int | None = None) -> SamplingParams:
        """The parameters of the sampler."""
        return SamplingParams(
            temperature=self.temperature,
            max_new_tokens=self.max_new_tokens,
            seed=seed % 2**31,
            n=n or self.samples,
        )


def missing_prompts(counts: Mapping[str, int]) -> list[str]:
    """Why there are too few prompts to sample; nothing where there are enough."""
    have = counts.get("prompts_train", 0)
    if have >= FEWEST_PROMPTS:
        return []
    return [f"{FEWEST_PROMPTS} prompts to train on are needed, and there are {have}."]


def few_prompts(counts: Mapping[str, int]) -> list[str]:
    """Where a policy sees so few prompts that it may learn them by heart."""
    have = counts.get("prompts_train", 0)
    if have >= FEW_PROMPTS:
        return []
    return [
        f"With {have} prompts to sample, below about {FEW_PROMPTS}, the policy may learn these "
        "prompts and little else."
    ]
