"""The vectors that a linear head reads: made by an embedder, or stored by a program."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from feedback.errors import InvalidInput
from training.progress import VECTORS
from training.recipes.base import Run
from training.recipes.reward_support.lessons import Lesson, Row
from training.sampling.base import never
from training.sampling.embedder import Matrix, TfIdf, text_of
from training.sampling.local.embedding import Encoder
from training.sampling.local.reward_models import Embedder, needs_vectors
from training.sampling.local.scoring import Conversation

Stop = Callable[[], bool]


class Vectors:
    """The vectors of completions, each held once, and what made them."""

    def __init__(self, places: Mapping[str, int], matrix: Matrix, embedder: Embedder) -> None:
        self.places = places
        self.matrix = matrix  # [completions, dim]
        self.embedder = embedder

    def of(self, row: Row) -> list[int]:
        """Places of the row's completions in the matrix."""
        return [self.places[_key(row["prompt"], answer)] for answer in row["completions"]]


class Stored:
    """Stored vectors by conversation. Raises InvalidInput `needs_vectors` for one that has none."""

    def __init__(self, places: Mapping[str, int], matrix: Matrix) -> None:
        self.places = places
        self.matrix = matrix

    def vectors(
        self, conversations: Sequence[Conversation], *, should_stop: Stop = never
    ) -> Matrix:
        """[conversations, dim]."""
        keys = [_key(prompt, answer) for prompt, answer in conversations]
        if any(key not in self.places for key in keys):
            raise needs_vectors()
        return self.matrix[[self.places[key] for key in keys]]

    def knows(self, prompt: Any, *answers: Any) -> bool:
        """Whether all of the answers have a vector."""
        return all(_key(prompt, answer) in self.places for answer in answers)


def embedded(run: Run, config: Any, lesson: Lesson, should_stop: Stop) -> tuple[Lesson, Vectors]:
    """(the lesson without what has no vector, the vectors of its training rows)."""
    if config.embedder == "stored":
        return _read(run.directory / VECTORS, lesson)
    conversations = {
        _key(row["prompt"], answer): (row["prompt"], answer)
        for row in lesson.rows.train
        for answer in row["completions"]
    }
    texts = [text_of(answer) for _, answer in conversations.values()]
    embedder = TfIdf.fitted(texts) if config.embedder == "tfidf" else Encoder.loaded(run.base_model)
    matrix = embedder.vectors(list(conversations.values()), should_stop=should_stop)
    places = {key: n for n, key in enumerate(conversations)}
    return lesson, Vectors(places, matrix, embedder)


def _read(path: Path, lesson: Lesson) -> tuple[Lesson, Vectors]:
    if not path.is_file():
        raise _none_stored()
    with path.open(encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    if not lines:
        raise _none_stored()
    by_id = {line["candidate"]: n for n, line in enumerate(lines)}
    places = {
        _key(row["prompt"], answer): by_id[candidate]
        for row in (*lesson.rows.train, *lesson.rows.test)
        for candidate, answer in zip(row["candidates"], row["completions"], strict=True)
        if candidate in by_id
    }
    stored = Stored(places, np.array([line["vector"] for line in lines]))
    return lesson.only(stored.knows), Vectors(places, stored.matrix, stored)


def _key(prompt: Any, answer: Any) -> str:
    return json.dumps([prompt, answer], sort_keys=True)


def _none_stored() -> InvalidInput:
    return InvalidInput(
        "No vectors are stored beside the completions.",
        code="no_vectors",
        hint="Store signals with vectors, under the name that the config gives, or choose another embedder.",
    )
