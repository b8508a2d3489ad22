"""Part a: every kind of feedback trains a reward model whose accuracy rises with the number of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.lab import people
from benchmarks.lab.learning import learnt_rewards
from benchmarks.lab.people import Person, Says
from benchmarks.lab.place import asked_items, frozen, judge
from benchmarks.lab.report import Part, interval
from benchmarks.lab.world import linear_world, order_accuracy
from feedback.evidence import Comparison, Evidence, Ranking, Score, Verdict

SIZES = (50, 200, 1600)
QUICK_SIZES = (50, 400)
CONTROL = 400  # labels of the shuffled control
PEOPLE = 20


@dataclass(frozen=True, slots=True)
class Way:
    """One kind of feedback, how it is asked and answered, and the recipe that learns from it."""

    label: str
    kind: Mapping[str, Any] | str
    size: int
    says: Says
    recipe: str
    config: Mapping[str, Any] = field(default_factory=dict)
    tie: float = 0.0
    cap: float = people.CAP
    floor: float = 0.95


WAYS = (
    Way("pairwise", "pairwise", 2, people.pairwise, "reward_model"),
    Way("pairwise with ties", "pairwise", 2, people.pairwise, "reward_model",
        {"loss": "rao_kupper"}, tie=0.8),
    Way("pairwise with strength", "pairwise", 2, people.pairwise, "reward_model",
        {"loss": "scaled"}),
    Way("ranking of four", "ranking", 4, people.ranking, "reward_ranking"),
    Way("thumbs", "thumbs", 1, people.thumbs, "reward_thumbs", floor=0.94),
    Way("rating", people.RATING, 1, people.rating, "reward_attributes"),
    Way("willingness to pay", people.amount_kind(), 2, people.amount, "reward_amounts"),
    Way("willingness to pay, capped", people.amount_kind(3), 2, people.amount, "reward_amounts",
        {"loss": "interval"}, cap=3),
)  # fmt: skip


def run(seeds: Sequence[int], *, quick: bool) -> Part:
    """Accuracy on unseen prompts by number of labels, and with shuffled labels."""
    part = Part("a. Every kind trains a reward model")
    sizes = QUICK_SIZES if quick else SIZES
    rows = []
    for way in WAYS:
        found = [_one(way, seed, sizes) for seed in seeds]
        by_size = {size: [accuracy[size] for accuracy, _ in found] for size in sizes}
        control = [shuffled for _, shuffled in found]
        rows.append([way.label, *(interval(by_size[n]) for n in sizes), interval(control)])
        _claim(part, way, by_size, control, quick=quick)
    part.table(["kind", *(f"{n} labels" for n in sizes), f"{CONTROL} shuffled"], rows)
    return part


def _claim(
    part: Part, way: Way, by_size: dict[int, list[float]], control: list[float], *, quick: bool
) -> None:
    first, last = (float(np.mean(by_size[n])) for n in (min(by_size), max(by_size)))
    floor, rise = (0.85, 0.02) if quick else (way.floor, 0.06)
    part.claim(
        f"{way.label}: at least {floor} with {max(by_size)} labels, {rise} more than with {min(by_size)}.",
        f"{first:.3f} to {last:.3f}",
        last >= floor and last - first >= rise,
    )
    if len(control) >= 5:  # a single random direction may lie anywhere
        mean = float(np.mean(control))
        part.claim(
            f"{way.label}: shuffled labels teach nothing (0.45 to 0.55 on average).",
            f"{mean:.3f}",
            abs(mean - 0.5) <= 0.05,
        )


def _one(way: Way, seed: int, sizes: Sequence[int]) -> tuple[dict[int, float], float]:
    """(accuracy by number of labels, accuracy with shuffled labels) of one seed."""
    world = linear_world(seed)
    rng = np.random.default_rng(seed + 1000)
    slug = f"{way.label.replace(' ', '-').replace(',', '')}-{seed}"
    project, asked = asked_items(
        world, slug, way.kind, items=max(*sizes, CONTROL), size=way.size, rng=rng
    )
    crowd = [
        Person(f"person-{n}", tie=way.tie, cap=way.cap, scale=float(np.exp(0.5 * rng.normal())),
               lenience=0.7 * float(rng.normal()))
        for n in range(PEOPLE)
    ]  # fmt: skip
    judge(world, project, asked, crowd, way.says, rng)
    records = frozen(project)

    def accuracy(labels: Sequence[Evidence]) -> float:
        rewards = learnt_rewards(world, way.recipe, labels, {"seed": seed, **way.config})
        return order_accuracy(world, rewards)

    rising = {n: accuracy([r for r in records if _number(r, records) < n]) for n in sizes}
    return rising, accuracy(shuffled(records[:CONTROL], rng))


def _number(record: Evidence, records: Sequence[Evidence]) -> int:
    """The record's judgment counted from 0: one judgment may amount to several records."""
    return record.context.judgment - records[0].context.judgment


def shuffled(records: Sequence[Evidence], rng: np.random.Generator) -> list[Evidence]:
    """The records with what was said dealt out anew among them."""
    order = rng.permutation(len(records))
    return [_said(record, records[int(n)]) for record, n in zip(records, order, strict=True)]


def _said(record: Evidence, other: Evidence) -> Evidence:
    """The record with the other's answer."""
    if isinstance(record, Comparison) and isinstance(other, Comparison):
        return replace(record, outcome=other.outcome, strength=other.strength)
    if isinstance(record, Verdict) and isinstance(other, Verdict):
        return replace(record, desirable=other.desirable)
    if isinstance(record, Score) and isinstance(other, Score):
        return replace(record, value=other.value, low=other.low, high=other.high)
    if isinstance(record, Ranking):
        # Its own answers in an order of chance: the order of ids tells nothing of worth.
        flat = sorted((tier[0] for tier in record.tiers), key=lambda c: c.id)
        return replace(record, tiers=tuple((candidate,) for candidate in flat))
    raise TypeError(f"no shuffling of {type(record).__name__}")
