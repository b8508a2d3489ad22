"""What checks sample, and when that would take longer than it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.recipes.base import Run
from training.recipes.sample_support.config import SampledConfig
from training.recipes.sample_support.prompts import Prompt, read_prompts
from training.sampling.local.loading import place_of

MOST_PROMPTS = 32
LARGEST_ON_CPU = 3e8  # parameters: above, sampling without a GPU takes minutes to hours


def worth_sampling(result: Mapping[str, Any]) -> bool:
    """Whether a model of that size answers in reasonable time on this machine."""
    return place_of("auto") != "cpu" or int(result.get("parameters", 0)) <= LARGEST_ON_CPU


def held_out(run: Run, config: SampledConfig) -> list[Prompt]:
    """Some held-out prompts of the snapshot."""
    return read_prompts(run, config).test[:MOST_PROMPTS]


def settings_of(run: Run, samples: int) -> SampledConfig:
    """How checks sample: as the run does, where it says."""
    known = {"max_length", "seed"} & set(run.config)
    return SampledConfig(samples=samples, **{name: run.config[name] for name in known})
