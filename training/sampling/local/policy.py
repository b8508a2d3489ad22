"""A policy from a directory or a Hub id, decoded on this machine's CPU or GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from feedback.errors import InvalidInput
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
from training.sampling.local.decoding import TextStream, choose
from training.sampling.local.loading import load_policy


@dataclass(slots=True)
class _Row:
    """One sample as it grows."""

    prompt: int
    index: int
    ids: list[int]
    random: Any
    text: TextStream
    pieces: list[str] = field(default_factory=list)
    tokens: int = 0
    logprob: float = 0.0


class LocalPolicy:
    """Samples a model with its own decoding loop: batched, seeded for each sample, and stopped at
    any token.

    A sample depends on its seed, prompt and index alone; its neighbours in a batch touch only the
    last bits of the floating-point sums. `rows_at_once` bounds memory.
    """

    def __init__(self, path: str, *, device: str = "auto", rows_at_once: int = 64) -> None:
        self.model, self.tokenizer, self.device = load_policy(path, device)
        self._rows_at_once = rows_at_once
        self._limit = getattr(self.model.config, "max_position_embeddings", None) or 2**31
        self._ends = _end_tokens(self.model, self.tokenizer)

    def sample(
        self,
        prompts: Sequence[Messages],
        params: SamplingParams,
        seeds: Sequence[int] | None = None,
        should_stop: Callable[[], bool] = never,
    ) -> list[list[Sample]]:
        """`params.n` samples for each prompt; see `Sampler`."""
        chosen = prompt_seeds(prompts, params, seeds)
        rows = [
            row
            for number, (messages, seed) in enumerate(zip(prompts, chosen, strict=True))
            for row in self._rows(number, messages, params.n, seed)
        ]
        samples: list[list[Sample]] = [[] for _ in prompts]
        done: dict[tuple[int, int], Sample] = {}
        for start in range(0, len(rows), self._rows_at_once):
            for row, event in self._decode(rows[start : start + self._rows_at_once], params):
                if should_stop():
                    raise Stopped
                if isinstance(event, Finished):
                    done[row.prompt, row.index] = event.sample
        for prompt, index in sorted(done):
            samples[prompt].append(done[prompt, index])
        return samples

    def stream(self, messages: Messages, params: SamplingParams) -> Iterator[Token | Finished]:
        """All samples of one prompt, growing side by side."""
        rows = self._rows(0, messages, params.n, params.seed)
        for _, event in self._decode(rows, params):
            yield event

    def _rows(self, prompt: int, messages: Messages, n: int, seed: int) -> list[_Row]:
        ids = self.encode(messages)
        if len(ids) >= self._limit:
            raise InvalidInput(
                f"The prompt has {len(ids)} tokens, and the model reads at most {self._limit}.",
                code="prompt_too_long",
                hint="Shorten the prompt or choose a model with a longer context.",
            )
        return [
            _Row(prompt, index, ids, row_random(seed, index, messages), TextStream(self.decode))
            for index in range(n)
        ]

    def encode(self, messages: Messages) -> list[int]:
        """The prompt's tokens up to where the assistant's answer begins."""
        encoded = self.tokenizer.apply_chat_template(
            [dict(m) for m in messages], add_generation_prompt=True, return_dict=True
        )
        return list(encoded["input_ids"])

    def decode(self, ids: Sequence[int]) -> str:
        """The text of generated tokens, without special ones."""
        text: str = self.tokenizer.decode(
            ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def _decode(
        self, rows: list[_Row], params: SamplingParams
    ) -> Iterator[tuple[_Row, Token | Finished]]:
        import torch

        state = _Batch.start(rows, self.tokenizer.pad_token_id or 0, self.device)
        longest = max(len(row.ids) for row in rows)
        steps = min(params.max_new_tokens, self._limit - longest)
        while state.rows:
            with torch.inference_mode():
                logits = state.forward(self.model)
                tokens, logprobs = self._draw(logits, state.rows, params)
            keep = []
            for position, row in enumerate(state.rows):
                events, over = self._take(row, tokens[position], logprobs[position], steps)
                yield from ((row, event) for event in events)
                if not over:
                    keep.append(position)
            state.advance(tokens, keep)

    def _draw(
        self, logits: Any, rows: Sequence[_Row], params: SamplingParams
    ) -> tuple[list[int], list[float]]:
        import torch

        tokens = choose(
            logits,
            temperature=params.temperature,
            top_p=params.top_p,
            uniforms=[row.random.random() for row in rows],
        )
        logprobs = torch.log_softmax(logits, dim=-1).gather(1, tokens.unsqueeze(1)).squeeze(1)
        return tokens.tolist(), logprobs.tolist()

    def _take(
        self, row: _Row, token: int, logprob: float, steps: int
    ) -> tuple[list[Token | Finished], bool]:
        row.tokens += 1
        row.logprob += logprob
        ended = token in self._ends
        piece = "" if ended else row.text.push(token)
        over = ended or row.tokens >= steps
        piece += row.text.finish() if over else ""
        events: list[Token | Finished] = [Token(row.index, piece)] if piece else []
        row.pieces.append(piece)
        if over:
            text = "".join(row.pieces)
            sample = Sample(text, row.logprob, row.tokens, "stop" if ended else "length")
            events.append(Finished(row.index, sample))
        return events, over


@dataclass(slots=True)
class _Batch:
    """Unfinished rows with their key-value cache; rows that end leave it."""

    rows: list[_Row]
    ids: Any  # [rows, new tokens]
    mask: Any  # [rows, all tokens]
    cache: Any = None

    @classmethod
    def start(cls, rows: list[_Row], pad: int, device: str) -> _Batch:
        import torch

        width = max(len(row.ids) for row in rows)
        ids = [[pad] * (width - len(row.ids)) + row.ids for row in rows]
        mask = [[0] * (width - len(row.ids)) + [1] * len(row.ids) for row in rows]
        return cls(list(rows), torch.tensor(ids, device=device), torch.tensor(mask, device=device))

    def forward(self, model: Any) -> Any:
        """The next token's logits [rows, vocabulary] in float32."""
        positions = (self.mask.cumsum(dim=1) - 1).clamp(min=0)[:, -self.ids.shape[1] :]
        out = model(
            input_ids=self.ids,
            attention_mask=self.mask,
            position_ids=positions,
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self.cache = out.past_key_values
        return out.logits[:, -1].float()

    def advance(self, tokens: Sequence[int], keep: Sequence[int]) -> None:
        """Append the drawn tokens and drop the rows that are over."""
        import torch

        if keep and len(keep) < len(self.rows):
            chosen = torch.tensor(keep, device=self.mask.device)
            self.mask = self.mask[chosen]
            self.cache.batch_select_indices(chosen)
        self.rows = [self.rows[i] for i in keep]
        self.ids = torch.tensor([[tokens[i]] for i in keep], device=self.mask.device)
        if keep:
            self.mask = torch.cat([self.mask, self.mask.new_ones(len(keep), 1)], dim=1)


def _end_tokens(model: Any, tokenizer: Any) -> set[int]:
    configured = getattr(model.generation_config, "eos_token_id", None)
    ends = set(configured) if isinstance(configured, list) else {configured}
    return {end for end in (*ends, tokenizer.eos_token_id) if end is not None}
