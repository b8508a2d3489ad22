"""A policy whose answers are given beforehand: for tests and dry runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from training.progress import Stopped
from training.sampling.base import (
    Finished,
    Messages,
    Sample,
    SamplingParams,
    Token,
    never,
    prompt_seeds,
    row_random,
)

Script = Callable[[Messages, int], str]


class ScriptedPolicy:
    """Answers from a list, chosen by the seed, or from a function of (messages, sample's number).

    The log-probability is -1 a word: plain to check, and nothing real.
    """

    def __init__(self, answers: Sequence[str] | Script) -> None:
        self._answers = answers

    def sample(
        self,
        prompts: Sequence[Messages],
        params: SamplingParams,
        seeds: Sequence[int] | None = None,
        should_stop: Callable[[], bool] = never,
    ) -> list[list[Sample]]:
        """`params.n` answers for each prompt."""
        samples = []
        for messages, seed in zip(prompts, prompt_seeds(prompts, params, seeds), strict=True):
            if should_stop():
                raise Stopped
            samples.append([self._one(messages, params, seed, i) for i in range(params.n)])
        return samples

    def stream(self, messages: Messages, params: SamplingParams) -> Iterator[Token | Finished]:
        """Word by word, the samples in turn."""
        samples = self.sample([messages], params)[0]
        pieces = [re.findall(r"\S+\s*|\s+", sample.text) for sample in samples]
        for position in range(max(map(len, pieces), default=0)):
            for index, words in enumerate(pieces):
                if position < len(words):
                    yield Token(index, words[position])
        for index, sample in enumerate(samples):
            yield Finished(index, sample)

    def _one(self, messages: Messages, params: SamplingParams, seed: int, index: int) -> Sample:
        text = self._text(messages, seed, index)
        words = re.findall(r"\S+\s*", text)
        if len(words) > params.max_new_tokens:
            cut = "".join(words[: params.max_new_tokens]).rstrip()
            return Sample(cut, -float(params.max_new_tokens), params.max_new_tokens, "length")
        return Sample(text, -float(len(words)), len(words), "stop")

    def _text(self, messages: Messages, seed: int, index: int) -> str:
        if callable(self._answers):
            return self._answers(messages, index)
        offset = row_random(seed, 0, messages).randrange(len(self._answers))
        return self._answers[(offset + index) % len(self._answers)]
