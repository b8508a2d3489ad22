"""Policies that can be sampled: a catalogue of one module each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from feedback.errors import InvalidInput
from training.sampling.base import Sampler
from training.sampling.local import (
    LocalPolicy,
    check_base_model,
    check_policy_model,
    refuse_reward_model,
)
from training.sampling.openai import OpenAIPolicy
from training.sampling.scripted import ScriptedPolicy

POLICIES: dict[str, Callable[..., Sampler]] = {
    "local": LocalPolicy,
    "openai": OpenAIPolicy,
    "scripted": ScriptedPolicy,
}


def open_policy(spec: Mapping[str, Any]) -> Sampler:
    """The policy that plain data names: `{"kind": "local", "path": ...}` and the like.

    Local: path, device?. OpenAI: url, model, api_key?, timeout?. Scripted: answers.
    Raises InvalidInput `unknown_policy_kind`, or what opening it raises.
    """
    options = dict(spec)
    kind = options.pop("kind", "")
    if kind not in POLICIES:
        raise InvalidInput(
            f"There is no kind of policy '{kind}'.",
            code="unknown_policy_kind",
            hint=f"Known kinds: {', '.join(POLICIES)}.",
        )
    return POLICIES[kind](**options)


__all__ = [
    "POLICIES",
    "check_base_model",
    "check_policy_model",
    "open_policy",
    "refuse_reward_model",
]
