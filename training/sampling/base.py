"""What every sampled policy offers: bounded parameters, samples, and streams of tokens."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from feedback.errors import InvalidInput

Messages = Sequence[Mapping[str, str]]  # [{"role": ..., "content": ...}, ...]
FinishReason = Literal["stop", "length"]

_BOUNDS: dict[str, tuple[float, float]] = {
    "temperature": (0.0, 5.0),
    "top_p": (0.001, 1.0),
    "max_new_tokens": (1, 32_768),
    "seed": (0, 2**31 - 1),
    "n": (1, 64),
}
_INTEGERS = {"max_new_tokens", "seed", "n"}


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How to sample. Temperature 0 takes the likeliest token each time; `n` samples a prompt.

    Raises InvalidInput `invalid_sampling_parameters` naming each field that is out of bounds.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    max_new_tokens: int = 256
    seed: int = 0
    n: int = 1

    def __post_init__(self) -> None:
        problems = [p for name in _BOUNDS if (p := _problem(name, getattr(self, name)))]
        if problems:
            raise _invalid(problems)

    @classmethod
    def parse(cls, payload: Mapping[str, Any]) -> SamplingParams:
        """From plain data; a field it does not know is refused like one out of bounds."""
        unknown = [{"where": k, "message": "unknown field"} for k in payload if k not in _BOUNDS]
        if unknown:
            raise _invalid(unknown)
        return cls(**payload)

    def as_json(self) -> dict[str, Any]:
        """Plain data that `parse` reads back."""
        return asdict(self)


def _problem(name: str, value: Any) -> dict[str, str] | None:
    low, high = _BOUNDS[name]
    kinds = (int,) if name in _INTEGERS else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        noun = "a whole number" if name in _INTEGERS else "a number"
        return {"where": name, "message": f"must be {noun}"}
    if not low <= value <= high:
        return {"where": name, "message": f"must be between {low:g} and {high:g}"}
    return None


def _invalid(details: Sequence[Mapping[str, Any]]) -> InvalidInput:
    first = details[0]
    return InvalidInput(
        f"The sampling parameters do not fit: {first['where']} {first['message']}.",
        code="invalid_sampling_parameters",
        hint="Correct the fields named in the details.",
        details=details,
    )


@dataclass(frozen=True, slots=True)
class Sample:
    """One sampled answer.

    `logprob` is the sum of the natural-log probabilities of the generated tokens, the end token
    included, under the policy at temperature 1 without top-p; None where a server does not tell.
    `tokens` counts the same tokens.
    """

    text: str
    logprob: float | None
    tokens: int
    finish_reason: FinishReason


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text of the stream's sample `index`; the pieces join to the sample's text."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The stream's sample `index` is complete."""

    index: int
    sample: Sample


def never() -> bool:
    """The `should_stop` of callers that never stop."""
    return False


class Sampler(Protocol):
    """A policy that can be sampled, wherever it runs. Safe to use from one thread at a time."""

    def sample(
        self,
        prompts: Sequence[Messages],
        params: SamplingParams,
        seeds: Sequence[int] | None = None,
        should_stop: Callable[[], bool] = never,
    ) -> list[list[Sample]]:
        """`params.n` samples for each prompt, in order.

        `seeds` has one seed a prompt and stands for `params.seed`. Raises Stopped when
        `should_stop` turns true.
        """
        ...

    def stream(self, messages: Messages, params: SamplingParams) -> Iterator[Token | Finished]:
        """All samples of one prompt at once, as they grow. Closing the iterator ends the work."""
        ...


def row_random(seed: int, index: int, messages: Messages) -> random.Random:
    """The random numbers of one sample, the same whatever is sampled beside it, on any device.

    The prompt is part of it, so that prompts sampled with one seed do not share their luck; two
    policies that answer the same prompt do, which makes their comparison sharper.
    """
    prompt = json.dumps([[m["role"], m["content"]] for m in messages])
    digest = hashlib.sha256(f"{seed}:{index}:{prompt}".encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))  # noqa: S311  (no secret)


def prompt_seeds(
    prompts: Sequence[Messages], params: SamplingParams, seeds: Sequence[int] | None
) -> Sequence[int]:
    """One seed a prompt: those given, or the parameters' seed for all."""
    if seeds is None:
        return [params.seed] * len(prompts)
    if len(seeds) != len(prompts):
        raise ValueError(f"{len(seeds)} seeds for {len(prompts)} prompts")
    return seeds
