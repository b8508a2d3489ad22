"""Texts as vectors without any model: hashed TF-IDF, with how long an answer is and how near its prompt."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from training.sampling.base import Messages, never

DIMENSIONS = 1024
WORD = re.compile(r"\w+|[^\w\s]")
Matrix = NDArray[np.float64]


class TfIdf:
    """Words and pairs of words of a completion, hashed with signs (Weinberger et al. 2009), to length 1.

    A word counts (1 + ln times) * (ln((1 + n) / (1 + in how many of n texts)) + 1) (Salton & Buckley 1988).
    Two more numbers follow: ln(1 + words) and the cosine with the prompt.
    """

    def __init__(self, rarity: Matrix) -> None:
        self.rarity = rarity  # [DIMENSIONS]

    @classmethod
    def fitted(cls, texts: Sequence[str]) -> TfIdf:
        """Rarities as they are in the texts."""
        documents = np.zeros(DIMENSIONS)
        for text in texts:
            documents[list({place for place, _ in _places(text)})] += 1
        return cls(np.log((1 + len(texts)) / (1 + documents)) + 1)

    def vectors(
        self,
        conversations: Sequence[tuple[Messages, Messages]],
        *,
        should_stop: Callable[[], bool] = never,
    ) -> Matrix:
        """[conversations, DIMENSIONS + 2], of (prompt, completion)."""
        rows = np.zeros((len(conversations), DIMENSIONS + 2))
        for n, (prompt, completion) in enumerate(conversations):
            answer = text_of(completion)
            words = self._unit(answer)
            rows[n, :DIMENSIONS] = words
            rows[n, DIMENSIONS] = math.log1p(len(WORD.findall(answer)))
            rows[n, DIMENSIONS + 1] = words @ self._unit(text_of(prompt))
        return rows

    def _unit(self, text: str) -> Matrix:
        row = np.zeros(DIMENSIONS)
        for (place, sign), times in Counter(_places(text)).items():
            row[place] += sign * (1 + math.log(times)) * self.rarity[place]
        length = float(np.linalg.norm(row))
        unit: Matrix = row / length if length else row
        return unit


def text_of(messages: Messages) -> str:
    """The contents of the messages, a line each."""
    return "\n".join(message["content"] for message in messages)


def _places(text: str) -> Iterator[tuple[int, int]]:
    """(place, sign) of each word and of each pair of neighbours."""
    words = WORD.findall(text.lower())
    for term in (*words, *map(" ".join, pairwise(words))):
        hashed = crc32(term.encode())
        yield hashed % DIMENSIONS, 1 if hashed >> 31 else -1
