"""Reward models, whatever their body, loaded from their directories: numbers for finished conversations.

`load_reward_model(path).rewards([(prompt, completion), ...])` is all that most callers need.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from feedback.errors import InvalidInput
from training.sampling.base import never
from training.sampling.embedder import Matrix, TfIdf
from training.sampling.local.embedding import Encoder
from training.sampling.local.scoring import Conversation, head_values, load_classifier

CARD = "reward.json"
WEIGHTS = "model.safetensors"
EMBEDDER = "embedder"


class Embedder(Protocol):
    """Conversations as vectors."""

    def vectors(
        self, conversations: Sequence[Conversation], *, should_stop: Callable[[], bool] = never
    ) -> Matrix:
        """[conversations, dim] of (prompt, completion)."""
        ...


@dataclass(frozen=True, slots=True)
class Card:
    """What the numbers of a reward model mean: written beside its weights as `reward.json`.

    The reward is `weights` times the heads' values. With `members` the heads are an ensemble's, and their
    spread is the reward's uncertainty. With `unit` the values are scaled to length 1. `learned` is what the
    loss learnt besides (thresholds, annotators).
    """

    body: str = "causal"
    names: tuple[str, ...] = ("reward",)
    weights: tuple[float, ...] = (1.0,)
    members: bool = False
    unit: bool = False
    embedder: str = ""
    learned: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, directory: Path) -> Card:
        """The card beside the weights; a plain one where there is none."""
        path = directory / CARD
        if not path.is_file():
            return cls()
        body = json.loads(path.read_text())
        return cls(**{**body, "names": tuple(body["names"]), "weights": tuple(body["weights"])})

    def write(self, directory: Path) -> None:
        """Put it beside the weights."""
        (directory / CARD).write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False))


class RewardModel:
    """Numbers for conversations; a body says how its heads come by them."""

    def __init__(self, card: Card) -> None:
        self.card = card

    def heads(
        self,
        conversations: Sequence[Conversation],
        *,
        batch_size: int = 16,
        should_stop: Callable[[], bool] = never,
    ) -> Matrix:
        """[conversations, heads]. Raises Stopped when told to."""
        raise NotImplementedError

    def rewards(
        self,
        conversations: Sequence[Conversation],
        *,
        batch_size: int = 16,
        should_stop: Callable[[], bool] = never,
    ) -> list[float]:
        """One number for each conversation."""
        return self.combined(
            self.heads(conversations, batch_size=batch_size, should_stop=should_stop)
        )

    def combined(self, heads: Matrix) -> list[float]:
        """The rewards that the heads' values amount to."""
        numbers: list[float] = (heads @ list(self.card.weights)).tolist()
        return numbers

    def uncertainties(self, heads: Matrix) -> list[float] | None:
        """How far the members of an ensemble are apart (standard deviation); None for a single model."""
        if not self.card.members:
            return None
        spread: list[float] = heads.std(axis=1, ddof=1).tolist()
        return spread


class Transformer(RewardModel):
    """A sequence classifier: on a causal model the state of the last token, on an encoder the pooled one."""

    def __init__(self, card: Card, model: Any, tokenizer: Any) -> None:
        super().__init__(card)
        self.model = model
        self.tokenizer = tokenizer

    def heads(
        self,
        conversations: Sequence[Conversation],
        *,
        batch_size: int = 16,
        should_stop: Callable[[], bool] = never,
    ) -> Matrix:
        """One forward pass a batch."""
        return head_values(
            self.model,
            self.tokenizer,
            conversations,
            batch_size=batch_size,
            should_stop=should_stop,
        )


class Linear(RewardModel):
    """A linear head on vectors that are not trained: `weight` [heads, dim], `bias` [heads].

    Vectors are moved by `centre` and divided by `scale` first, [dim] each.
    """

    def __init__(self, card: Card, tensors: Mapping[str, Matrix], embedder: Embedder) -> None:
        super().__init__(card)
        self.tensors = tensors
        self.embedder = embedder

    def heads(
        self,
        conversations: Sequence[Conversation],
        *,
        batch_size: int = 16,
        should_stop: Callable[[], bool] = never,
    ) -> Matrix:
        """Embeds the conversations; raises InvalidInput `needs_vectors` where vectors were stored ones."""
        return self.heads_of(self.embedder.vectors(conversations, should_stop=should_stop))

    def heads_of(self, vectors: Matrix) -> Matrix:
        """[rows, heads] of vectors [rows, dim]."""
        scaled = (vectors - self.tensors["centre"]) / self.tensors["scale"]
        values: Matrix = scaled @ self.tensors["weight"].T + self.tensors["bias"]
        if self.card.unit:
            values /= (values**2).sum(axis=1, keepdims=True).clip(min=1e-24) ** 0.5
        return values

    def save(self, directory: Path) -> None:
        """Everything that `load_reward_model` needs, under the directory."""
        import numpy as np
        from safetensors.numpy import save_file

        tensors = dict(self.tensors)
        if isinstance(self.embedder, TfIdf):
            tensors["rarity"] = self.embedder.rarity
        directory.mkdir(parents=True, exist_ok=True)
        kept = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
        save_file(kept, directory / WEIGHTS)
        if isinstance(self.embedder, Encoder):
            self.embedder.save(str(directory / EMBEDDER))
        self.card.write(directory)


class Unread:
    """In place of vectors that a program stored: new texts have none."""

    def vectors(
        self, conversations: Sequence[Conversation], *, should_stop: Callable[[], bool] = never
    ) -> Matrix:
        """Raises InvalidInput `needs_vectors`."""
        raise needs_vectors()


def needs_vectors() -> InvalidInput:
    """The error of a reward model on stored vectors that is asked for a text without one."""
    return InvalidInput(
        "This reward model reads vectors that a program stored, and new texts have none.",
        code="needs_vectors",
        hint="Train on 'tfidf' or 'base' embeddings to score new texts.",
    )


def load_reward_model(path: str, device: str = "auto") -> RewardModel:
    """The reward model in a directory, or of a Hub id; raises InvalidInput `base_model_not_found`."""
    card = Card.read(Path(path))
    if card.body == "frozen":
        return _linear(Path(path), card, device)
    return Transformer(card, *load_classifier(path, device, heads=len(card.names)))


def _linear(directory: Path, card: Card, device: str) -> Linear:
    from safetensors.numpy import load_file

    tensors = load_file(directory / WEIGHTS)
    rarity = tensors.pop("rarity", None)
    if rarity is not None:
        return Linear(card, tensors, TfIdf(rarity))
    encoder = directory / EMBEDDER
    read = Encoder.loaded(str(encoder), device) if encoder.is_dir() else Unread()
    return Linear(card, tensors, read)
