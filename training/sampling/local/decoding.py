"""Small steps of decoding: streaming text out of tokens, drawing a token from a distribution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

BROKEN = "\ufffd"  # what a tokenizer puts where bytes do not form a character


class TextStream:
    """Turns growing token ids into pieces of text that never end inside a character.

    The pieces, with the last one from `finish`, join to the text that `finished_text` gives for all
    ids.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._ids: list[int] = []
        self._shown = ""

    def push(self, token: int) -> str:
        """The new text that is sure after one more token; empty while a character is incomplete."""
        self._ids.append(token)
        text = clean(self._decode(self._ids))
        if text.endswith(BROKEN) or not text.startswith(self._shown):
            return ""
        return self._advance(text)

    def finish(self) -> str:
        """What was held back, without an incomplete character at the end."""
        return self._advance(finished_text(self._decode, self._ids))

    def _advance(self, text: str) -> str:
        piece = text[len(self._shown) :]
        self._shown = text if piece else self._shown
        return piece


def finished_text(decode: Callable[[Sequence[int]], str], ids: Sequence[int]) -> str:
    """The text of all ids; bytes of an unfinished last character are left out."""
    return clean(decode(ids)).rstrip(BROKEN)


def clean(text: str) -> str:
    """Without NUL, which no database text may hold and no reader sees."""
    return text.replace("\x00", "")


def choose(logits: Any, *, temperature: float, top_p: float, uniforms: Sequence[float]) -> Any:
    """One token for each row of `logits` [rows, vocabulary]; one number in [0, 1) a row decides.

    Temperature 0 is greedy. Nucleus sampling (Holtzman et al. 2020, arXiv:1904.09751): the smallest
    set of likeliest tokens whose probability reaches `top_p`. The draw inverts the cumulative
    distribution, in float64.
    """
    import torch

    if temperature == 0:
        return logits.argmax(dim=-1)
    probabilities = torch.softmax(logits.double() / temperature, dim=-1)
    order = None
    if top_p < 1:
        probabilities, order = probabilities.sort(dim=-1, descending=True, stable=True)
        before = probabilities.cumsum(dim=-1) - probabilities
        probabilities = probabilities.masked_fill(before >= top_p, 0.0)
    cumulative = probabilities.cumsum(dim=-1)
    draws = torch.tensor(uniforms, dtype=torch.float64, device=logits.device).unsqueeze(1)
    place = torch.searchsorted(cumulative, draws * cumulative[:, -1:], right=True)
    place = place.clamp(max=logits.shape[-1] - 1)
    return (place if order is None else order.gather(1, place)).squeeze(1)
