"""Reward models as a linear head on vectors that stay as they are: fitted whole, in seconds on a CPU."""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from feedback.errors import InvalidInput, TouchstoneError
from training.progress import OUTPUT, Reporter, Stopped
from training.recipes.base import Run
from training.recipes.reward_support.batches import tensors
from training.recipes.reward_support.lessons import Fitted, Lesson, Row, Subject
from training.recipes.trl_support.fitting import Prepared, store_resolved, too_little
from training.recipes.trl_support.rows import balanced_weights
from training.sampling.embedder import Matrix, TfIdf, text_of
from training.sampling.local.embedding import Encoder
from training.sampling.local.loading import prepare_environment
from training.sampling.local.reward_models import Linear, embed

STEPS = 40  # of L-BFGS, each of up to INNER evaluations
INNER = 10
SETTLED = 1e-6  # the fit has ended when a step lowers the loss by less
VECTORS = (
    "vectors.jsonl"  # stored vectors, put into the run's directory: {"candidate", "vector"} a line
)


def fit_linear(run: Run, reporter: Reporter, config: Any, lesson: Lesson) -> Fitted:
    """Fit a head on the lesson. It is quick, so an interrupted fit begins again, to the same weights."""
    started = time.monotonic()
    prepare_environment(run.base_model)
    rows = lesson.rows
    embedder, vectors = _embedded(run, config, rows.train, reporter.should_stop)
    train = [row for row in rows.train if vectors.has(row)]
    lost = len(rows.train) - len(train)
    unusable = {**rows.unusable, **({"no_vector": lost} if lost else {})}
    if len(train) < lesson.fewest:
        raise too_little(len(train), lesson.fewest, unusable, 0)
    store_resolved(run.directory, config)
    train = balanced_weights(train)
    subject = lesson.subject(train, config)
    model, steps = _fit(subject, vectors, config, embedder, reporter)
    _save(model, run.directory / OUTPUT)
    prepared = Prepared(
        started=started,
        base_model=run.base_model,
        config=config,
        tokenizer=None,
        train=train,
        test=rows.test,
        unusable=unusable,
        too_long=0,
        parameters=model.tensors["weight"].size + model.tensors["bias"].size,
        arguments={},
    )
    return Fitted(model, prepared, steps, lesson.pairs)


class Vectors:
    """The vectors of all completions of the training rows, each held once."""

    def __init__(
        self, places: Mapping[Any, int], matrix: Matrix, key: Callable[[Row, int], Any]
    ) -> None:
        self.places = places
        self.matrix = matrix  # [completions, dim]
        self.key = key

    def has(self, row: Row) -> bool:
        """Whether every completion of the row has a vector."""
        return all(self.key(row, n) in self.places for n in range(len(row["completions"])))

    def of(self, row: Row) -> list[int]:
        """Places of the row's completions in the matrix."""
        return [self.places[self.key(row, n)] for n in range(len(row["candidates"]))]


def _embedded(
    run: Run, config: Any, rows: Sequence[Row], should_stop: Callable[[], bool]
) -> tuple[TfIdf | Encoder | None, Vectors]:
    if config.embedder == "stored":
        return None, _stored(run.directory / VECTORS)
    conversations = {
        _text_key(row, n): (row["prompt"], answer)
        for row in rows
        for n, answer in enumerate(row["completions"])
    }
    if not conversations:
        return None, Vectors({}, np.zeros((0, 1)), _text_key)
    texts = [text_of(answer) for _, answer in conversations.values()]
    embedder: TfIdf | Encoder
    embedder = TfIdf.fitted(texts) if config.embedder == "tfidf" else Encoder.loaded(run.base_model)
    matrix = embed(embedder, list(conversations.values()), should_stop)
    return embedder, Vectors({key: n for n, key in enumerate(conversations)}, matrix, _text_key)


def _stored(path: Path) -> Vectors:
    if not path.is_file():
        raise InvalidInput(
            "No vectors of completions are stored.",
            code="no_vectors",
            hint="Store signals named 'embedding' beside the completions, or choose another embedder.",
        )
    with path.open(encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    places = {line["candidate"]: n for n, line in enumerate(lines)}
    return Vectors(places, np.array([line["vector"] for line in lines]), _candidate_key)


def _text_key(row: Row, n: int) -> str:
    return json.dumps([row["prompt"], row["completions"][n]], sort_keys=True)


def _candidate_key(row: Row, n: int) -> int:
    candidate: int = row["candidates"][n]
    return candidate


def _fit(
    subject: Subject,
    vectors: Vectors,
    config: Any,
    embedder: TfIdf | Encoder | None,
    reporter: Reporter,
) -> tuple[Linear, int]:
    """L-BFGS (Liu & Nocedal 1989) on the mean weighted loss + ridge |w|^2 / (2 n), a mean over heads."""
    import torch

    centre, scale = _standard(vectors.matrix)
    flat = torch.tensor((vectors.matrix - centre) / scale)
    rows, loss = subject.rows, subject.loss.double()
    sizes = [len(row["completions"]) for row in rows]
    batch = _double(tensors(rows, sizes))
    weight = torch.tensor([row["weight"] for row in rows], dtype=torch.float64)
    index = torch.zeros(batch["mask"].shape, dtype=torch.int64)
    index[batch["mask"]] = torch.tensor([place for row in rows for place in vectors.of(row)])
    torch.manual_seed(config.seed)
    head = torch.randn(loss.heads, flat.shape[1], dtype=torch.float64) / 100  # heads start apart
    head.requires_grad_()
    bias = torch.zeros(loss.heads, dtype=torch.float64, requires_grad=True)
    parameters = [head, bias, *loss.parameters()]
    optimizer = torch.optim.LBFGS(parameters, max_iter=INNER, line_search_fn="strong_wolfe")

    def objective() -> Any:
        optimizer.zero_grad()
        rewards = (flat @ head.T + bias)[index]
        pull = config.ridge * head.square().sum() / (2 * len(rows) * loss.heads)
        value = (loss(rewards, batch) * weight).mean() + pull
        value.backward()
        return value

    steps = _descend(optimizer, objective, reporter)
    tensors_found = {
        "weight": head.detach().numpy(),
        "bias": bias.detach().numpy(),
        "centre": centre,
        "scale": scale,
    }
    card = subject.card("frozen", config.embedder)
    return Linear(card, tensors_found, embedder), steps


def _descend(optimizer: Any, objective: Callable[[], Any], reporter: Reporter) -> int:
    """How many steps it took. Raises Stopped when told to, and `training_diverged`."""
    before = math.inf
    for step in range(1, STEPS + 1):
        value = optimizer.step(objective).item()  # before the step
        if not math.isfinite(value):
            raise TouchstoneError(
                f"The fit diverged at step {step}: the loss is {value}.",
                code="training_diverged",
                hint="Raise the ridge, or look for extreme amounts and weights.",
            )
        reporter.metrics(step, {"loss": value})
        reporter.progress(step, STEPS, "Fitting")
        if reporter.should_stop():
            raise Stopped
        if before - value < SETTLED:
            break
        before = value
    reporter.progress(STEPS, STEPS, "Fitting")
    return step


def _standard(matrix: Matrix) -> tuple[Matrix, Matrix]:
    """(mean, scale) [dim] each: no number varies by more than 1 and all together by 1, so that one ridge suits
    all embedders; numbers that hardly vary stay small.
    """
    spread = matrix.std(axis=0)
    floor = math.sqrt(float((spread**2).mean())) or 1.0
    scale = np.maximum(spread, floor)
    total = math.sqrt(float(((spread / scale) ** 2).sum())) or 1.0
    return matrix.mean(axis=0), scale * total


def _double(batch: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.double() if v.is_floating_point() else v for k, v in batch.items()}


def _save(model: Linear, path: Path) -> None:
    """Everything under `path`, which appears only when it is complete."""
    partial = path.with_name(path.name + ".partial")
    for old in (partial, path):
        shutil.rmtree(old, ignore_errors=True)
    model.save(partial)
    partial.replace(path)
