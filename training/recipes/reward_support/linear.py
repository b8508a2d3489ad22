"""Reward models as a linear head on vectors that stay as they are: fitted whole, in seconds on a CPU."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from feedback.errors import TouchstoneError
from training.progress import OUTPUT, Reporter, Stopped
from training.recipes.base import Run
from training.recipes.reward_support.batches import tensors
from training.recipes.reward_support.lessons import Fitted, Lesson, Subject
from training.recipes.reward_support.vectors import Vectors, embedded
from training.recipes.trl_support.fitting import Prepared, store_resolved, too_little
from training.recipes.trl_support.rows import balanced_weights
from training.sampling.embedder import Matrix
from training.sampling.local.loading import prepare_environment
from training.sampling.local.reward_models import Linear

STEPS = 40  # of L-BFGS, each of up to INNER evaluations
INNER = 10
SETTLED = 1e-6  # the fit has ended when a step lowers the loss by less


def fit_linear(run: Run, reporter: Reporter, config: Any, lesson: Lesson) -> Fitted:
    """Fit a head on the lesson. It is quick, so an interrupted fit begins again, to the same weights."""
    started = time.monotonic()
    prepare_environment(run.base_model)
    lesson, vectors = embedded(run, config, lesson, reporter.should_stop)
    rows = lesson.rows
    if len(rows.train) < lesson.fewest:
        raise too_little(len(rows.train), lesson.fewest, rows.unusable, 0)
    store_resolved(run.directory, config)
    train = balanced_weights(rows.train)
    subject = lesson.subject(train, config)
    model, steps = _fit(subject, vectors, config, reporter)
    _save(model, run.directory / OUTPUT)
    prepared = Prepared(
        started=started,
        base_model=run.base_model,
        config=config,
        tokenizer=None,
        train=train,
        test=rows.test,
        unusable=rows.unusable,
        too_long=0,
        parameters=model.tensors["weight"].size + model.tensors["bias"].size,
        arguments={},
    )
    return Fitted(model, prepared, steps, lesson.pairs)


def _fit(subject: Subject, vectors: Vectors, config: Any, reporter: Reporter) -> tuple[Linear, int]:
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
    return Linear(card, tensors_found, vectors.embedder), steps


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
