"""A policy behind any server that speaks OpenAI's chat completions, vLLM and llama.cpp included."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx

from feedback.errors import InvalidInput, Unavailable
from training.progress import Stopped
from training.sampling.base import (
    Finished,
    FinishReason,
    Messages,
    Sample,
    SamplingParams,
    Token,
    never,
    prompt_seeds,
)

KEY_PREFIX = "POLICY_KEY_"  # no other variable may be sent to an address that a user typed


def read_key(variable: str) -> str:
    """The key in an environment variable, or none for no name; raises InvalidInput
    `policy_key_missing`.
    """
    if not variable:
        return ""
    if not variable.startswith(KEY_PREFIX) or variable not in os.environ:
        raise InvalidInput(
            f"There is no key '{variable}'.",
            code="policy_key_missing",
            hint=f"Set an environment variable whose name begins with {KEY_PREFIX}.",
        )
    return os.environ[variable]


class OpenAIPolicy:
    """Samples `model` at `url` (with or without `/v1`). The key is sent as a bearer token and never
    shown.

    A log-probability is None unless the server gives those of all tokens at temperature 1 without
    top-p: at other settings servers differ in which distribution they report.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        api_key: str = "",
        api_key_env: str = "",
        timeout: float = 120,
    ) -> None:
        api_key = api_key or read_key(api_key_env)
        base = url.rstrip("/")
        self._endpoint = f"{base if base.endswith('/v1') else base + '/v1'}/chat/completions"
        self._model = model
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(headers=headers, timeout=timeout)

    def sample(
        self,
        prompts: Sequence[Messages],
        params: SamplingParams,
        seeds: Sequence[int] | None = None,
        should_stop: Callable[[], bool] = never,
    ) -> list[list[Sample]]:
        """One request for each prompt; see `Sampler`. Raises Unavailable `policy_unavailable`."""
        samples = []
        for messages, seed in zip(prompts, prompt_seeds(prompts, params, seeds), strict=True):
            if should_stop():
                raise Stopped
            samples.append(self._request(messages, params, seed))
        return samples

    def stream(self, messages: Messages, params: SamplingParams) -> Iterator[Token | Finished]:
        """All samples of one prompt as the server sends them."""
        body = self._body(messages, params, params.seed) | {"stream": True}
        growing = {index: _Growing(params) for index in range(params.n)}
        try:
            with self._client.stream("POST", self._endpoint, json=body) as response:
                self._check(response)
                for event in _events(response):
                    yield from _grow(event, growing)
        except httpx.HTTPError as error:
            raise self._unavailable(_reason(error)) from error
        for index, sample in growing.items():
            if not sample.finished:
                raise self._unavailable(f"the stream ended before sample {index} was complete")

    def _request(self, messages: Messages, params: SamplingParams, seed: int) -> list[Sample]:
        try:
            response = self._client.post(self._endpoint, json=self._body(messages, params, seed))
            self._check(response)
            choices = response.json()["choices"]
            samples = [_sample(choice, params) for choice in choices]
        except httpx.HTTPError as error:
            raise self._unavailable(_reason(error)) from error
        except (ValueError, KeyError, TypeError) as error:
            raise self._unavailable("the answer is not a chat completion") from error
        if len(samples) != params.n:
            raise self._unavailable(f"it gave {len(samples)} answers instead of {params.n}")
        return samples

    def _body(self, messages: Messages, params: SamplingParams, seed: int) -> dict[str, Any]:
        return {
            "model": self._model,
            "messages": [dict(m) for m in messages],
            "temperature": params.temperature,
            "top_p": params.top_p,
            "max_tokens": params.max_new_tokens,
            "seed": seed,
            "n": params.n,
            "logprobs": True,
        }

    def _check(self, response: httpx.Response) -> None:
        if response.is_success:
            return
        response.read()
        raise self._unavailable(f"HTTP {response.status_code}: {response.text[:300]}")

    def _unavailable(self, why: str) -> Unavailable:
        return Unavailable(
            f"The policy '{self._model}' at {self._endpoint} did not answer: {why}.",
            code="policy_unavailable",
            hint="Check that the server runs, that it knows the model, and the API key.",
        )


class _Growing:
    """One streamed sample so far."""

    def __init__(self, params: SamplingParams) -> None:
        self.params = params
        self.text = ""
        self.logprobs: list[float] = []
        self.pieces = 0
        self.finished = False

    def add(self, choice: dict[str, Any]) -> str:
        """Take in one chunk and return its text."""
        piece = (choice.get("delta") or {}).get("content") or ""
        self.text += piece
        self.pieces += bool(piece)
        self.logprobs += _logprobs(choice)
        return piece

    def sample(self, reason: str | None) -> Sample:
        """The sample, now complete."""
        logprob, tokens = _total(self.logprobs, self.params)
        return Sample(self.text, logprob, tokens or self.pieces, _finish(reason))


def _grow(event: dict[str, Any], growing: dict[int, _Growing]) -> Iterator[Token | Finished]:
    for choice in event.get("choices", ()):
        index = choice.get("index", 0)
        if index not in growing or growing[index].finished:
            continue
        piece = growing[index].add(choice)
        if piece:
            yield Token(index, piece)
        if choice.get("finish_reason"):
            growing[index].finished = True
            yield Finished(index, growing[index].sample(choice["finish_reason"]))


def _events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        data = line.removeprefix("data:").strip()
        if not line.startswith("data:") or data == "[DONE]":
            continue
        try:
            event = json.loads(data)
        except ValueError as error:
            raise httpx.DecodingError("a streamed line is not JSON") from error
        if "error" in event:
            raise httpx.DecodingError(str(event["error"])[:300])
        yield event


def _sample(choice: dict[str, Any], params: SamplingParams) -> Sample:
    text = choice["message"]["content"] or ""
    logprob, tokens = _total(_logprobs(choice), params)
    return Sample(text, logprob, tokens or len(text.split()), _finish(choice.get("finish_reason")))


def _logprobs(choice: dict[str, Any]) -> list[float]:
    content = (choice.get("logprobs") or {}).get("content") or []
    return [float(token["logprob"]) for token in content]


def _total(logprobs: list[float], params: SamplingParams) -> tuple[float | None, int]:
    plain = params.temperature == 1 and params.top_p == 1
    return (sum(logprobs) if logprobs and plain else None), len(logprobs)


def _finish(reason: str | None) -> FinishReason:
    return "length" if reason == "length" else "stop"


def _reason(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__
