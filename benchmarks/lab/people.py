"""Simulated people: how somebody with a known utility and known noise answers each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Said = dict[str, dict[str, Any]]  # kind -> answer
CENTS = 100
STRENGTH_STEP = 1.5
CAP = 100  # of the currency; an amount of 1 is one unit of worth


@dataclass(frozen=True, slots=True)
class Person:
    """A choice is by worth + `noise` times a logistic draw; what follows is about single kinds.

    `sort`: `honest`, `spammer` (any side), `left` (nine times in ten the side shown first).
    `tie` is the felt difference under which both are equal. `scale` and `lenience` are how this person uses money
    and thumbs. `amount_noise` is the standard deviation of amounts, and `cap` the most that can be said.
    """

    name: str
    noise: float = 1.0
    sort: str = "honest"
    tie: float = 0.0
    scale: float = 1.0
    lenience: float = 0.0
    amount_noise: float = 1.0
    cap: float = CAP


def pairwise(person: Person, worth: Sequence[float], rng: np.random.Generator) -> Said:
    """First, second or tie, with a strength of 1 to 3."""
    if person.sort == "spammer":
        return {"pairwise": {"choice": str(rng.choice(["first", "second"]))}}
    if person.sort == "left" and rng.random() < 0.9:
        return {"pairwise": {"choice": "first"}}
    felt = worth[0] - worth[1] + person.noise * rng.logistic()
    if abs(felt) < person.tie:
        return {"pairwise": {"choice": "tie"}}
    strength = int(min(3, np.ceil(abs(felt) / STRENGTH_STEP)))
    return {"pairwise": {"choice": "first" if felt > 0 else "second", "strength": strength}}


def ranking(person: Person, worth: Sequence[float], rng: np.random.Generator) -> Said:
    """A strict order (Plackett-Luce: worth with Gumbel noise)."""
    felt = np.asarray(worth) + person.noise * rng.gumbel(size=len(worth))
    ranks = np.empty(len(worth), dtype=int)
    ranks[np.argsort(-felt)] = np.arange(1, len(worth) + 1)
    return {"ranking": {"ranks": [int(rank) for rank in ranks]}}


def thumbs(person: Person, worth: Sequence[float], rng: np.random.Generator) -> Said:
    """Up where worth and this person's lenience outweigh the noise."""
    felt = [w + person.lenience + person.noise * rng.logistic() for w in worth]
    said = [{"completion": n, "desirable": bool(f > 0)} for n, f in enumerate(felt)]
    return {"thumbs": {"thumbs": said}}


def rating(person: Person, worth: Sequence[float], rng: np.random.Generator) -> Said:
    """A whole number from 0 to 4 on one scale."""
    felt = [2 + 0.6 * (w + person.noise * rng.normal()) for w in worth]
    said = [
        {"completion": n, "scores": {"quality": int(np.clip(round(f), 0, 4))}}
        for n, f in enumerate(felt)
    ]
    return {"rating": {"ratings": said}}


def amount(person: Person, worth: Sequence[float], rng: np.random.Generator) -> Said:
    """Which is preferred, and what it is worth to have it: this person's scale times worth, with noise."""
    felt = person.scale * (worth[0] - worth[1] + person.amount_noise * rng.normal())
    cents = round(min(abs(felt), person.cap) * CENTS)
    preferred = "equal" if cents == 0 else "first" if felt > 0 else "second"
    said = {"preferred": preferred, "amount": f"{cents / CENTS:.2f}"}
    return {"willingness_to_pay": said}


def amount_kind(cap: float = CAP) -> Mapping[str, Any]:
    """Willingness to pay as an item asks it: an open amount up to the cap, in cents."""
    settings = {"mechanism": "open", "endowment": f"{cap:.2f}", "step": "0.01"}
    return {"kind": "willingness_to_pay", "settings": settings}


RATING = {
    "kind": "rating",
    "settings": {"aspects": [{"name": "quality", "low": 0, "high": 4}]},
}
Says = Callable[[Person, Sequence[float], np.random.Generator], Said]
