"""Reward models as a linear head on vectors that stay as they are: fitted whole, in seconds on a CPU."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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

# (what is to be learnt, the vectors, the config, the reporter) -> the model, and steps taken
Solve = Callable[[Subject, Vectors, Any, Reporter], tuple[Linear, int]]


def fit_linear(
    run: Run, reporter: Reporter, config: Any, lesson: Lesson, solve: Solve | None = None
) -> Fitted:
    """Fit a head on the lesson: by descent, unless another way to `solve` it is given.

    It is quick, so an interrupted fit begins again, to the same weights.
    """
    started = time.monotonic()
    prepare_environment(run.base_model)
    lesson, vectors = embedded(run, config, lesson, reporter.should_stop)
    rows = lesson.rows
    if len(rows.train) < lesson.fewest:
        raise too_little(len(rows.train), lesson.fewest, rows.unusable, 0)
    store_resolved(run.directory, config)
    train = balanced_weights(rows.train)
    subject = lesson.subject(train, config)
    model, steps = (solve or _descend)(subject, vectors, config, reporter)
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


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a descent ended: the objective, the steps so far, and the parameters."""

    value: float
    steps: int
    head: Any
    bias: Any
    learned: Mapping[str, Any]


def _descend(
    subject: Subject, vectors: Vectors, config: Any, reporter: Reporter
) -> tuple[Linear, int]:
    """The best of the subject's starts."""
    centre, scale = standard(vectors.matrix)
    objective = Objective(subject, vectors, (vectors.matrix - centre) / scale, config.ridge)
    fits: list[Fit] = []
    for n in range(subject.starts):
        steps = fits[-1].steps if fits else 0
        fits.append(objective.descend(config.seed + n, steps, reporter))
    best = min(fits, key=lambda fit: fit.value)
    subject.loss.load_state_dict(best.learned)
    found = {"weight": best.head, "bias": best.bias, "centre": centre, "scale": scale}
    card = subject.card("frozen", config.embedder)
    return Linear(card, found, vectors.embedder), fits[-1].steps


class Objective:
    """The mean weighted loss + ridge |w|^2 / (2 n), a mean over heads, on all rows at once."""

    def __init__(self, subject: Subject, vectors: Vectors, matrix: Matrix, ridge: float) -> None:
        import torch

        rows = subject.rows
        batch = tensors(rows, [len(row["completions"]) for row in rows])
        self.batch = {k: v.double() if v.is_floating_point() else v for k, v in batch.items()}
        self.loss = subject.loss.double()
        self.flat = torch.tensor(matrix)
        self.weight = torch.tensor([row["weight"] for row in rows], dtype=torch.float64)
        self.index = torch.zeros(batch["mask"].shape, dtype=torch.int64)
        places = [place for row in rows for place in vectors.of(row)]
        self.index[batch["mask"]] = torch.tensor(places)
        self.pull = ridge / (2 * len(rows) * self.loss.heads)

    def descend(self, seed: int, steps: int, reporter: Reporter) -> Fit:
        """By L-BFGS (Liu & Nocedal 1989) from a place that the seed gives."""
        import torch

        torch.manual_seed(seed)
        self.loss.begin(seed)
        shape = (self.loss.heads, self.flat.shape[1])
        head = torch.randn(shape, dtype=torch.float64) / 100  # heads start apart
        head.requires_grad_()
        bias = torch.zeros(self.loss.heads, dtype=torch.float64, requires_grad=True)
        parameters = [head, bias, *self.loss.parameters()]
        optimizer = torch.optim.LBFGS(parameters, max_iter=INNER, line_search_fn="strong_wolfe")

        def value() -> Any:
            optimizer.zero_grad()
            rewards = (self.flat @ head.T + bias)[self.index]
            mean = (self.loss(rewards, self.batch) * self.weight).mean()
            whole = mean + self.pull * head.square().sum()
            whole.backward()
            return whole

        *_, last = _descending(optimizer, value, steps, reporter)
        learned = {name: tensor.clone() for name, tensor in self.loss.state_dict().items()}
        end = value().item()
        return Fit(end, last, head.detach().numpy(), bias.detach().numpy(), learned)


def _descending(
    optimizer: Any, value: Callable[[], Any], taken: int, reporter: Reporter
) -> Iterator[int]:
    """Steps until the value settles. Raises Stopped when told to, and `training_diverged`."""
    before = math.inf
    for step in range(1, STEPS + 1):
        now = optimizer.step(value).item()  # before the step
        if not math.isfinite(now):
            raise TouchstoneError(
                f"The fit diverged at step {step}: the loss is {now}.",
                code="training_diverged",
                hint="Raise the ridge, or look for extreme amounts and weights.",
            )
        reporter.metrics(taken + step, {"loss": now})
        reporter.progress(step, STEPS, "Fitting")
        if reporter.should_stop():
            raise Stopped
        yield taken + step
        if before - now < SETTLED:
            break
        before = now
    reporter.progress(STEPS, STEPS, "Fitting")


def standard(matrix: Matrix) -> tuple[Matrix, Matrix]:
    """(mean, scale) [dim] each: no number varies by more than 1 and all together by 1, so that one ridge suits
    all embedders; numbers that hardly vary stay small.
    """
    spread = matrix.std(axis=0)
    floor = math.sqrt(float((spread**2).mean())) or 1.0
    scale = np.maximum(spread, floor)
    total = math.sqrt(float(((spread / scale) ** 2).sum())) or 1.0
    return matrix.mean(axis=0), scale * total


def _save(model: Linear, path: Path) -> None:
    """Everything under `path`, which appears only when it is complete."""
    partial = path.with_name(path.name + ".partial")
    for old in (partial, path):
        shutil.rmtree(old, ignore_errors=True)
    model.save(partial)
    partial.replace(path)
