"""GRPO and RLOO: reinforcement learning against a grader, each answer measured by its siblings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from training.progress import OUTPUT, Reporter
from training.recipes.base import Config, Recipe, Rows, Run
from training.recipes.sample_support.choosing import refuse
from training.recipes.sample_support.config import (
    GRADER,
    SampledConfig,
    few_prompts,
    missing_prompts,
)
from training.recipes.sample_support.graders import Grader, open_grader
from training.recipes.sample_support.held_out import evaluate_samples
from training.recipes.sample_support.prompts import Prompt, Prompts, read_prompts
from training.recipes.trl_support import Prepared, Rates, fit, prepare, result
from training.recipes.trl_support.arguments import SAVES, lora_config
from training.sampling.base import never

RATES = Rates(small=1e-3, large=1e-6)
ALIKE = "frac_reward_zero_std"  # TRL's name: the share of a step's groups with equal rewards
MOST_ALIKE = 256  # groups with equal rewards after which a grader is given up, if not one differs

Loss = Literal["grpo", "dr_grpo", "dapo", "bnpo", "cispo", "rloo"]


class GrpoConfig(SampledConfig):
    """Fields of GRPO and RLOO."""

    batch_size: int = Field(
        default=32,
        ge=2,
        le=4096,
        description="Answers in one optimiser step: a multiple of the samples for a prompt.",
    )
    loss: Loss = Field(
        default="dapo",
        description="How advantages become a loss: the GRPO family differs in how it averages over "
        "tokens and clips; rloo is REINFORCE with the siblings' mean as baseline.",
        json_schema_extra={
            "x-labels": {
                "grpo": "grpo: mean of each answer",
                "dr_grpo": "dr_grpo: without the bias for length",
                "dapo": "dapo: mean of all tokens",
                "bnpo": "bnpo: mean of a batch's tokens",
                "cispo": "cispo: clipped weights",
                "rloo": "rloo: REINFORCE, leave one out",
            }
        },
    )
    beta: float = Field(
        default=0.04,
        ge=0,
        le=10,
        description="Weight of the KL from the base; 0 lets the policy go anywhere and needs less memory.",
    )

    @model_validator(mode="after")
    def _groups_fit(self) -> Self:
        if self.batch_size % self.samples:
            raise ValueError(
                f"a batch of {self.batch_size} answers does not hold whole groups of {self.samples}"
            )
        return self


class Grpo(Recipe):
    """Group-relative policy optimisation, and REINFORCE leave-one-out, through TRL's own trainers."""

    name = "grpo"
    label = "GRPO and RLOO"
    summary = (
        "Samples groups of answers, and makes those likelier that a grader puts above the others."
    )
    produces = "policy"
    group = "samples"
    needs = {"grader": GRADER}
    labelled = False
    config_model = GrpoConfig

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight prompts."""
        return missing_prompts(counts)

    def warnings(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """Also: few prompts, and nothing that holds the policy near its base."""
        settings = GrpoConfig.model_validate(config.model_dump())
        found = [*super().warnings(counts, config), *few_prompts(counts)]
        if not settings.beta:
            found.append(
                "Without a KL term the policy may learn to please the grader and nobody else."
            )
        return found

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report rewards on held-out prompts before and after.

        Shao et al. 2024 (GRPO, arXiv:2402.03300); Ahmadian et al. 2024 (RLOO, arXiv:2402.14740).
        Raises InvalidInput `nothing_to_learn` where the grader told no answers apart in a first pass.
        """
        config = GrpoConfig.model_validate(run.config)
        prompts = read_prompts(run, config)
        rows = Rows(train=[_row(p) for p in prompts.train], test=[_row(p) for p in prompts.test])
        prepared = prepare(run, config, rows, RATES, fewest=1)
        trainer = build_trainer(prepared, open_grader(run.models["grader"]))
        fit(trainer, run, reporter)
        evaluation = evaluate_samples(run, config, prompts.test, run.directory / OUTPUT, reporter)
        return _told(result(prepared, trainer, evaluation), prompts)


def build_trainer(prepared: Prepared, grader: Grader) -> Any:
    """TRL's GRPOTrainer or RLOOTrainer with the grader as its one reward function."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer

    config: GrpoConfig = prepared.config
    arguments = _arguments(prepared)
    settings, trainer_class = (
        (RLOOConfig(**arguments), RLOOTrainer)
        if config.loss == "rloo"
        else (GRPOConfig(**arguments, loss_type=config.loss), GRPOTrainer)
    )
    kept = ("id", "prompt", "references")
    heard: Counter[str] = Counter()
    groups = min(len(prepared.train), MOST_ALIKE)
    return trainer_class(
        model=prepared.base_model,
        reward_funcs=reward_function(grader, heard),
        args=settings,
        train_dataset=Dataset.from_list([{k: row[k] for k in kept} for row in prepared.train]),
        processing_class=prepared.tokenizer,
        peft_config=lora_config(config, "CAUSAL_LM"),
        callbacks=[_give_up(math.ceil(groups * config.samples / config.batch_size), heard)],
    )


def _give_up(steps: int, heard: Counter[str]) -> Any:
    """A `TrainerCallback` that ends a training whose rewards were equal within every group of so many
    steps, or of all where there are fewer: nothing but the KL term could have moved the policy.
    """
    from transformers import TrainerCallback

    class GiveUp(TrainerCallback):  # type: ignore[misc,unused-ignore]
        """Reads the trainer's history, which a resumed run has too."""

        def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            alike = [log[ALIKE] for log in state.log_history if ALIKE in log]
            if len(alike) == min(steps, state.max_steps) and min(alike) >= 1:
                refuse(0, {"tie": heard["groups"]}, heard["unread"])

    return GiveUp()


def reward_function(grader: Grader, heard: Counter[str]) -> Callable[..., list[float]]:
    """A reward function of TRL's: answers to one prompt are graded together, as judges compare them.

    `heard` counts `groups` and a judge's `unread` replies.
    """

    def reward(
        prompts: Sequence[Any],
        completions: Sequence[Sequence[Mapping[str, str]]],
        id: Sequence[str],
        references: Sequence[Sequence[str]],
        **_: Any,
    ) -> list[float]:
        groups: dict[str, list[int]] = {}
        for place, name in enumerate(id):
            groups.setdefault(name, []).append(place)
        items = [
            {
                "id": name,
                "messages": prompts[places[0]],
                "references": references[places[0]],
                "answers": [completions[place][0]["content"] for place in places],
            }
            for name, places in groups.items()
        ]
        rewards = [0.0] * len(completions)
        for places, grades in zip(groups.values(), grader.grade(items, never), strict=True):
            heard.update(groups=1, unread=grades.unread)
            for place, score in zip(places, grades.scores, strict=True):
                rewards[place] = score
        return rewards

    return reward


def _arguments(prepared: Prepared) -> dict[str, Any]:
    """TRL samples afresh for every step, so that a resumed run needs no answers from before."""
    config: GrpoConfig = prepared.config
    per_step = config.batch_size // config.samples
    steps = math.ceil(len(prepared.train) / per_step) * config.epochs
    arguments = {k: v for k, v in prepared.arguments.items() if k != "max_length"}
    return {
        **arguments,
        "save_steps": config.save_steps or max(1, math.ceil(steps / SAVES)),
        "num_generations": config.samples,
        "max_completion_length": config.max_new_tokens,
        "temperature": config.temperature,
        "beta": config.beta,
    }


def _row(prompt: Prompt) -> dict[str, Any]:
    """An empty answer stands for those to come, so that lengths are counted with the template's."""
    return {
        "id": prompt["id"],
        "prompt": prompt["messages"],
        "references": prompt["references"],
        "completion": [{"role": "assistant", "content": ""}],
        "weight": 1.0,
    }


def _told(body: dict[str, Any], prompts: Prompts) -> dict[str, Any]:
    rows = {**body["rows"], "too_long": prompts.too_long}
    return {**body, "rows": rows}
