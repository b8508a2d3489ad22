"""What a recipe gives to train a reward model on, and what it gets back, whatever the body."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from training.recipes.base import RARE, Config, Recipe, Rows
from training.recipes.reward_support.rows import by_annotator
from training.recipes.trl_support.arguments import Rates
from training.recipes.trl_support.fitting import Prepared
from training.sampling.local.reward_models import Card, RewardModel

Row = dict[str, Any]
Head = Literal["causal", "encoder", "frozen"]
Embedder = Literal["tfidf", "base", "stored"]

UNUSED = "Not used here: a frozen head is fitted at once."
RATES = Rates(small=1e-3, large=1e-5)


class VectorsConfig(Config):
    """Fields of reward models with a linear head on vectors, and of those that may have one."""

    embedder: Embedder = Field(
        default="tfidf",
        description="Vectors for a frozen head: word counts (tfidf), the base model's states (base), or "
        "embeddings that a program stored beside completions (stored).",
        json_schema_extra={
            "x-labels": {
                "tfidf": "Word counts",
                "base": "States of the base model",
                "stored": "Stored vectors",
            }
        },
    )
    signal: str = Field(
        default="embedding",
        min_length=1,
        max_length=60,
        description="The name of the signals that hold stored vectors; the newest version is read.",
        json_schema_extra=RARE,
    )
    ridge: float = Field(
        default=0.2,
        gt=0,
        le=1000,
        description="Pull of a frozen head's weights towards 0: the inverse variance of their prior.",
        json_schema_extra=RARE,
    )


class FrozenConfig(VectorsConfig):
    """Fields of recipes whose head is always frozen: those of step-by-step training mean nothing to them."""

    head: ClassVar[Head] = "frozen"
    members: ClassVar[int] = 1

    learning_rate: float | None = Field(
        default=None, gt=0, le=1, description=UNUSED, json_schema_extra=RARE
    )
    epochs: float = Field(default=1, gt=0, le=100, description=UNUSED, json_schema_extra=RARE)
    batch_size: int = Field(default=8, ge=1, le=1024, description=UNUSED, json_schema_extra=RARE)
    lora: bool = Field(default=False, description=UNUSED, json_schema_extra=RARE)


class RewardsConfig(VectorsConfig):
    """Fields of reward models of any body."""

    epochs: float = Field(default=2, gt=0, le=100, description="Passes over the training rows.")
    head: Head = Field(
        default="causal",
        description="What reads the answers: the base model, trained (causal); a masked language model such as "
        "BERT, trained (encoder); or a linear head alone, on vectors that stay as they are (frozen: seconds on a "
        "CPU; rates, batches and LoRA do not apply).",
        json_schema_extra={
            "x-labels": {
                "causal": "The base model, trained",
                "encoder": "An encoder, trained",
                "frozen": "A linear head on vectors",
            }
        },
    )
    members: int = Field(
        default=1,
        ge=1,
        le=16,
        description="Heads of an ensemble, each on its own bootstrap of the prompts; their spread is the reward's "
        "uncertainty. 1: no ensemble.",
    )


class RewardRecipe(Recipe):
    """What every reward model's recipe says of itself."""

    produces = "reward_model"
    group = "rewards"

    def vectors(self, config: Config) -> str | None:
        """Stored ones, where a frozen head reads them."""
        if not isinstance(config, FrozenConfig | RewardsConfig) or config.head != "frozen":
            return None
        return config.signal if config.embedder == "stored" else None


@dataclass(slots=True)
class Subject:
    """A lesson made concrete on its training rows: the loss, and what its heads are."""

    loss: Any  # a RewardLoss
    rows: list[Row]
    names: tuple[str, ...] = ("reward",)
    weights: Callable[[], Sequence[float]] = lambda: (1.0,)
    members: bool = False
    unit: bool = False
    starts: int = 1  # fits of a frozen head from different places, of which the best is kept
    head: Head = "causal"
    facts: Mapping[str, Any] = field(default_factory=dict)

    def card(self, head: Head, embedder: str = "") -> Card:
        """What the numbers mean now."""
        return Card(
            body=head,
            names=self.names,
            weights=tuple(float(weight) for weight in self.weights()),
            members=self.members,
            unit=self.unit,
            embedder=embedder,
            learned={**self.facts, **self.loss.learned()},
        )


# (annotators, their rows, the config) -> the loss and what its heads are; runs where torch is
Teach = Callable[[list[str], list[Row], Any], Subject]


@dataclass(frozen=True, slots=True)
class Lesson:
    """Rows, how few are too few, the held-out pairs that every reward model is measured on, and the loss."""

    rows: Rows
    fewest: int
    pairs: Sequence[Mapping[str, Any]]
    teach: Teach
    rates: Rates = RATES

    def only(self, known: Callable[..., bool]) -> Lesson:
        """Without rows and pairs of which a completion is not known; those to train on are counted."""
        train, test = (
            [row for row in rows if known(row["prompt"], *row["completions"])]
            for rows in (self.rows.train, self.rows.test)
        )
        lost = len(self.rows.train) - len(train)
        unusable = self.rows.unusable | ({"no_vector": lost} if lost else {})
        pairs = [p for p in self.pairs if known(p["prompt"], p["chosen"], p["rejected"])]
        return replace(self, rows=Rows(train, test, unusable), pairs=pairs)

    def subject(self, train: Sequence[Mapping[str, Any]], config: Any) -> Subject:
        """The loss on these rows, as an ensemble where the config says so."""
        names, rows = by_annotator(train)
        several = config.members > 1
        subject = (_ensemble if several else _single)(self.teach, names, rows, config)
        subject.head = config.head
        return subject


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained reward model, and the held-out pairs that it can read."""

    model: RewardModel
    prepared: Prepared
    steps: int
    pairs: Sequence[Mapping[str, Any]]


def _single(teach: Teach, names: list[str], rows: list[Row], config: Any) -> Subject:
    return teach(names, rows, config)


def _ensemble(teach: Teach, names: list[str], rows: list[Row], config: Any) -> Subject:
    from training.recipes.reward_support.losses import Members

    first, *others = (teach(names, rows, config) for _ in range(config.members))
    first.loss = Members([first.loss, *(other.loss for other in others)])
    first.rows = _bootstrapped(first.rows, config.members, config.seed)
    first.names = tuple(f"member {n + 1}" for n in range(config.members))
    first.weights = lambda: [1 / config.members] * config.members
    first.members = True
    return first


def _bootstrapped(rows: Sequence[Row], members: int, seed: int) -> list[Row]:
    """The rows with `bootstrap`: how often each member sees them, Poisson(1) by prompt."""
    keys = [
        hashlib.sha256(json.dumps(row["prompt"], sort_keys=True).encode()).hexdigest()
        for row in rows
    ]
    order = {key: n for n, key in enumerate(sorted(set(keys)))}
    times = np.random.default_rng(seed).poisson(1.0, (len(order), members)).astype(float)
    return [
        {**row, "bootstrap": times[order[key]].tolist()}
        for row, key in zip(rows, keys, strict=True)
    ]
