"""The prompts of a snapshot, each once, with the answers that people wrote to them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from feedback.errors import InvalidInput
from feedback.evidence import Demonstration
from training.recipes.base import Run
from training.recipes.sample_support.config import FEWEST_PROMPTS, SampledConfig
from training.sampling.base import Messages
from training.sampling.local.loading import (
    adapter_base,
    check_policy_model,
    load_tokenizer,
    prepare_environment,
)
from training.sampling.local.scoring import conversation_ids
from training.snapshots import read_evidence
from training.snapshots.split import canonical_json

Prompt = dict[str, Any]  # `id`, `messages`, `references`


@dataclass(frozen=True, slots=True)
class Prompts:
    """Prompts by split, in the order of the evidence; `too_long` were left out."""

    train: list[Prompt]
    test: list[Prompt]
    too_long: int


def read_prompts(run: Run, config: SampledConfig) -> Prompts:
    """Those of the run's snapshot that leave room for an answer.

    Raises InvalidInput `too_little_evidence` with fewer than eight to train on, and what
    `check_policy_model` raises.
    """
    check_policy_model(run.base_model)
    prepare_environment(run.base_model)
    splits: dict[str, dict[str, Prompt]] = {"train": {}, "test": {}}
    for split, record in read_evidence(run.snapshot):
        messages = [{"role": m["role"], "content": m["content"]} for m in record.context.prompt]
        name = hashlib.sha256(canonical_json(messages)).hexdigest()[:16]
        prompt = {"id": name, "messages": messages, "references": []}
        kept = splits[split].setdefault(name, prompt)
        if isinstance(record, Demonstration):
            kept["references"].append(record.completion)
    tokenizer = load_tokenizer(run.base_model)
    room = min(config.max_length, context_length(run.base_model)) - config.max_new_tokens
    train, test = (
        [p for p in splits[side].values() if prompt_tokens(tokenizer, p["messages"]) <= room]
        for side in ("train", "test")
    )
    too_long = sum(map(len, splits.values())) - len(train) - len(test)
    if len(train) < FEWEST_PROMPTS:
        raise InvalidInput(
            f"There are {len(train)} prompts to sample, and at least {FEWEST_PROMPTS} are needed.",
            code="too_little_evidence",
            hint="Freeze a snapshot with more prompts, or allow more tokens.",
            details=[{"where": "too_long", "message": f"{too_long} prompts leave no room"}],
        )
    return Prompts(train, test, too_long)


def context_length(base_model: str) -> int:
    """The most tokens that the model reads."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(adapter_base(base_model)[0])
    return getattr(config, "max_position_embeddings", None) or 2**31


def prompt_tokens(tokenizer: Any, messages: Messages) -> int:
    """How many tokens stand before the answer."""
    return conversation_ids(tokenizer, messages, [{"role": "assistant", "content": ""}])[1]


def some_of(prompts: Sequence[Prompt], wanted: int, seed: int) -> list[Prompt]:
    """That many, drawn without repetition; all of them, in order, for 0 or more than there are."""
    if not 0 < wanted < len(prompts):
        return list(prompts)
    return random.Random(seed).sample(list(prompts), wanted)  # noqa: S311  (no secret)


def with_answers(
    prompts: Sequence[Prompt], answers: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """The prompts with their answers, as a grader takes them."""
    return [{**prompt, "answers": list(answers[prompt["id"]])} for prompt in prompts]
