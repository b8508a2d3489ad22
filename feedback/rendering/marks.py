"""A text cut where spans begin and end, so that a page can mark them though they overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text and the numbers, from 1, of the spans that cover it."""

    text: str
    spans: tuple[int, ...]


def pieces(text: str, spans: Sequence[tuple[int, int]]) -> list[Piece]:
    """The whole text in order. Spans are [start, end) in code points, within the text."""
    cuts = sorted({0, len(text), *(cut for span in spans for cut in span)})
    return [Piece(text[start:end], _covering(spans, start, end)) for start, end in pairwise(cuts)]


def _covering(spans: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, ...]:
    return tuple(n for n, (low, high) in enumerate(spans, 1) if low <= start and end <= high)
