"""A world in which the worth of every answer is known: answers are points, and worth is linear in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FEATURES = 16
CANDIDATES = 8
TASTE_LENGTH = 2.0  # so that two answers differ by 2.8 on average (standard deviation)


@dataclass(frozen=True, slots=True)
class World:
    """Prompts with CANDIDATES answers each, as `features` [prompts, candidates, FEATURES].

    `worth` [prompts, candidates] is the true utility; `stakes` [prompts] multiplies it where prompts differ in
    what hangs on them. The first `train` prompts are judged, the others are never seen.
    """

    seed: int
    features: Array
    worth: Array
    stakes: Array
    train: int

    def question(self, prompt: int) -> str:
        """The prompt's text."""
        return f"World {self.seed}, question {prompt}"

    def answer(self, prompt: int, candidate: int) -> str:
        """A completion's text; what it is worth lies in its features."""
        return f"Answer {candidate} to question {prompt} of world {self.seed}"

    @property
    def unseen(self) -> range:
        """The prompts that nobody judges."""
        return range(self.train, len(self.worth))


def linear_world(
    seed: int, *, train: int = 600, test: int = 300, stakes: float = 0.0, conflict: float = 0.0
) -> World:
    """Worth is a taste of length 2 times the features.

    `stakes` is the standard deviation of the stakes' logarithm (their mean is 1). A share `conflict` of the
    prompts has the highest stakes and wants the opposite of the others in half of the features, which a reward
    that knows nothing of prompts cannot express.
    """
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(train + test, CANDIDATES, FEATURES))
    taste = rng.normal(size=FEATURES)
    taste *= TASTE_LENGTH / np.linalg.norm(taste)
    weight = np.exp(stakes * rng.normal(size=train + test) - stakes**2 / 2)
    worth = features @ taste
    if conflict:
        opposed = weight >= np.quantile(weight, 1 - conflict)
        turned = taste * np.where(np.arange(FEATURES) < FEATURES // 2, -1.0, 1.0)
        worth = np.where(opposed[:, None], features @ turned, worth)
    return World(seed, features, worth * weight[:, None], weight, train)


def order_accuracy(world: World, rewards: Array) -> float:
    """The share of all pairs of answers to unseen prompts that `rewards` [prompts, candidates] put right."""
    first, second = np.triu_indices(CANDIDATES, 1)
    unseen = list(world.unseen)
    true = world.worth[unseen][:, first] > world.worth[unseen][:, second]
    said = rewards[unseen][:, first] > rewards[unseen][:, second]
    return float(np.mean(true == said))
