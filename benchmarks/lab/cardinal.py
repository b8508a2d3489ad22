"""Part c: amounts teach what choices cannot, where much hangs on few prompts; and mislead where they are noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.lab import people
from benchmarks.lab.learning import learnt_rewards
from benchmarks.lab.people import Person
from benchmarks.lab.place import asked_items, frozen, judge
from benchmarks.lab.report import Part, interval, wins
from benchmarks.lab.world import Array, World, linear_world

LABELS = 800
KL = 0.5  # nats by which the policy may leave the uniform reference
# stakes (sd of their logarithm), share of prompts that want the opposite, noise of amounts
SETTINGS = {
    "stakes and conflict": (1.5, 0.3, 1.0),
    "neither": (0.0, 0.0, 1.0),
    "neither, amounts four times as noisy": (0.0, 0.0, 4.0),
}


def run(seeds: Sequence[int], *, quick: bool) -> Part:
    """The share of the best reachable utility that a policy gets from choices and from amounts."""
    part = Part("c. Amounts against choices")
    rows = []
    for label, setting in SETTINGS.items():
        if quick and label != "stakes and conflict":
            continue
        found = np.array([_one(seed, label, *setting) for seed in seeds])
        ordinal, cardinal = found.T
        gain = cardinal - ordinal
        rows.append([label, *map(interval, (ordinal, cardinal, gain)), wins(gain)])
        _claim(part, label, gain)
    part.table(["world", "from choices", "from amounts", "difference", "wins"], rows)
    return part


def _claim(part: Part, label: str, gain: Array) -> None:
    seen = f"{gain.mean():+.3f}"
    if label == "stakes and conflict":
        part.claim("With stakes and conflict amounts gain a fifth of what can be had.", seen,
                   gain.mean() >= 0.2)  # fmt: skip
    elif label == "neither":
        part.claim("With neither there is no difference (0.02).", seen, abs(gain.mean()) <= 0.02)
    else:
        part.claim("With neither and noisy amounts choices win.", seen, gain.mean() < 0)


def _one(
    seed: int, label: str, stakes: float, conflict: float, noise: float
) -> tuple[float, float]:
    """(ordinal, cardinal): the policy's utility as a share of the best that its features allow."""
    world = linear_world(seed, stakes=stakes, conflict=conflict)
    rng = np.random.default_rng(seed + 4000)
    slug = f"cardinal-{len(label)}-{seed}"
    crowd = [Person(f"person-{n}", amount_noise=noise) for n in range(20)]
    # How sure people choose does not tell what hangs on it: noise is in proportion to the stakes.
    felt = world.worth / world.stakes[:, None]
    values = []
    for kind, says, worth, recipe in (
        ("pairwise", people.pairwise, felt, "reward_model"),
        (people.amount_kind(1000), people.amount, world.worth, "reward_amounts"),
    ):
        project, asked = asked_items(
            world, f"{slug}-{recipe.replace('_', '-')}", kind, items=LABELS, size=2, rng=rng
        )
        judge(world, project, asked, crowd, says, rng, felt=worth)
        values.append(_value(world, learnt_rewards(world, recipe, frozen(project), {})))
    best = _best(world)
    return values[0] / best, values[1] / best


def _value(world: World, rewards: Array) -> float:
    """Mean utility on unseen prompts, above the reference's, of the policy that KL allows for these rewards.

    pi(y) is in proportion to exp(r(y) / beta), with the beta at which the mean KL divergence from the uniform
    reference is KL.
    """
    unseen = list(world.unseen)
    rewards, worth = rewards[unseen], world.worth[unseen]
    low, high = -12.0, 12.0  # of log(1 / beta)
    for _ in range(60):
        middle = (low + high) / 2
        policy = _softmax(rewards * np.exp(middle))
        too_far = _divergence(policy) > KL
        low, high = (low, middle) if too_far else (middle, high)
    return float(((policy - 1 / policy.shape[1]) * worth).sum(axis=1).mean())


def _best(world: World) -> float:
    """What the best linear reward reaches: found by climbing from the stake-weighted mean taste."""
    flat = world.features - world.features.mean(axis=1, keepdims=True)
    taste: Any = np.einsum("pcf,pc->f", flat, world.worth)
    best = _value(world, world.features @ taste)
    rng, step = np.random.default_rng(world.seed), 0.5
    while step > 0.02:
        tried = taste + step * np.linalg.norm(taste) * _unit(rng.normal(size=len(taste)))
        value = _value(world, world.features @ tried)
        if value > best:
            taste, best = tried, value
        else:
            step *= 0.97
    return best


def _unit(vector: Array) -> Array:
    unit: Array = vector / float(np.linalg.norm(vector))
    return unit


def _softmax(rewards: Array) -> Array:
    shifted = np.exp(rewards - rewards.max(axis=1, keepdims=True))
    policy: Array = shifted / shifted.sum(axis=1, keepdims=True)
    return policy


def _divergence(policy: Array) -> float:
    """Mean KL divergence from the uniform distribution, in nats."""
    safe = np.maximum(policy, 1e-300)
    return float((policy * np.log(safe * policy.shape[1])).sum(axis=1).mean())
