"""Most informative first: comparisons that pin down a linear reward on the texts soonest."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from feedback.ordering.base import Ordering, Waiting

DIMENSIONS = 128
POOL = 20_000  # items among which is chosen; the rest follow in chance order
CHOSEN = 2000  # items that are chosen; by then the order should be worked out anew
RANDOM_SHARE = 0.2
RIDGE = 1.0
WORD = re.compile(r"\w+")
Matrix = NDArray[np.float64]


class Informative(Ordering):
    """Greedy D-optimal design.

    An item is the vector x of its first two completions' difference (of a single one, its own). The answers
    to a set S of comparisons tell a linear Bradley-Terry reward the more, the larger log det V with
    V = ridge I + sum over S of x x'. Greedily that is the item with the largest x' V^-1 x each time, and V^-1
    follows by Sherman and Morrison (Fedorov 1972; for human preferences Mukherjee et al. 2024, "Optimal
    Design for Human Preference Elicitation"). Vectors are those that an encoder gave, where every item has
    them, else TF-IDF of words hashed with signs (Weinberger et al. 2009); at most 128 numbers, of length 1.

    Chosen items are not a fair sample of what there is. So one place in five is drawn by chance instead.
    """

    name = "informative"
    label = "Most informative first"
    summary = (
        "Comparisons of texts unlike those before; one in five by chance, so that tests stay fair."
    )
    ranked = True
    needs = "texts"

    def rank(self, items: Iterable[Waiting]) -> Mapping[int, int]:
        """A rank for each item: the chosen ones and those drawn between them, then the rest by chance."""
        waiting = list(items)
        random.shuffle(waiting)
        pool, rest = waiting[:POOL], waiting[POOL:]
        order = _design(vectors(pool)) if pool else []
        chosen = [pool[n].item for n in order] + [one.item for one in rest]
        return {item: rank for rank, item in enumerate(chosen)}


def vectors(items: Sequence[Waiting]) -> Matrix:
    """Rows in the order of the items, each of length 1 or, where nothing tells texts apart, 0."""
    stored = [vector for one in items for vector in one.embeddings]
    texts = [text for one in items for text in one.texts[:2]]
    embedded = iter(_narrow(stored) if len(stored) == len(texts) else _embed(texts))
    rows = np.zeros((len(items), DIMENSIONS))
    for n, one in enumerate(items):
        for sign, _ in zip((1.0, -1.0), one.texts, strict=False):
            rows[n] += sign * next(embedded)
    return _unit(rows)


def _design(rows: Matrix) -> list[int]:
    """Indices of all rows, given in chance order: CHOSEN greedily or drawn, then the others."""
    inverse: Matrix = np.eye(rows.shape[1]) / RIDGE
    gains: Matrix = (rows**2).sum(axis=1) / RIDGE
    left = set(range(len(rows)))
    order: list[int] = []
    while left and len(order) < CHOSEN:
        drawn = random.random() < RANDOM_SHARE  # noqa: S311 no secret
        # Rows come in chance order, so the first one left is a fair draw.
        best = min(left) if drawn else int(gains.argmax())
        order.append(best)
        left.discard(best)
        step = inverse @ rows[best]
        scale = 1 + float(rows[best] @ step)
        inverse -= np.outer(step, step) / scale
        gains -= (rows @ step) ** 2 / scale
        gains[best] = -math.inf
    return order + sorted(left)


def _embed(texts: Sequence[str]) -> Matrix:
    counts = [Counter(WORD.findall(text.lower())) for text in texts]
    documents = Counter(word for words in counts for word in words)
    rows = np.zeros((len(texts), DIMENSIONS))
    for n, words in enumerate(counts):
        for word, times in words.items():
            place = crc32(word.encode())
            idf = math.log((1 + len(texts)) / (1 + documents[word])) + 1
            rows[n, place % DIMENSIONS] += (1 if place >> 31 else -1) * (1 + math.log(times)) * idf
    return _unit(rows)


def _narrow(vectors: Sequence[Sequence[float]]) -> Matrix:
    """Vectors of length 1 in DIMENSIONS numbers: filled up with zeros, or projected at random.

    A Gaussian projection keeps distances nearly as they are (Johnson and Lindenstrauss 1984).
    """
    rows = _unit(np.asarray(vectors, dtype=float))
    width = rows.shape[1]
    if width <= DIMENSIONS:
        return np.pad(rows, ((0, 0), (0, DIMENSIONS - width)))
    projection = np.random.default_rng(0).normal(size=(width, DIMENSIONS))
    return _unit(rows @ projection)


def _unit(rows: Matrix) -> Matrix:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Matrix = rows / np.where(lengths > 0, lengths, 1)
    return unit
