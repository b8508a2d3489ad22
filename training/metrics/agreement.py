"""How far people agree with each other, and reward models with each other."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations

from training.metrics.intervals import Estimate, mean, proportion
from training.metrics.ranking import wins


@dataclass(frozen=True, slots=True)
class Vote:
    """Which side of a pair one annotator preferred; `pair` says which two answers, whatever their order."""

    pair: Hashable
    prompt: Hashable
    annotator: Hashable
    choice: Hashable


def human_agreement(votes: Sequence[Vote]) -> tuple[Estimate | None, Estimate | None]:
    """How often two votes on the same pair agree: of different annotators, and of the same one twice.

    Each pair counts once however many votes it has. The first is what a reward model can reach
    against single votes when it knows what another person would say.
    """
    by_pair: dict[Hashable, list[Vote]] = defaultdict(list)
    for vote in votes:
        by_pair[vote.pair].append(vote)
    between: list[tuple[float, Hashable]] = []
    within: list[tuple[float, Hashable]] = []
    for group in by_pair.values():
        for found, same in ((between, False), (within, True)):
            agreed = [
                float(a.choice == b.choice)
                for a, b in combinations(group, 2)
                if (a.annotator == b.annotator) is same
            ]
            if agreed:
                found.append((math.fsum(agreed) / len(agreed), group[0].prompt))
    return _share(between), _share(within)


def reward_agreement(
    ours: Sequence[float], theirs: Sequence[float], prompts: Sequence[Hashable]
) -> tuple[Estimate | None, float | None]:
    """(how often two rewards order a pair alike, the rank correlation of their differences).

    Both are differences of the same pairs. The correlation is Spearman's; None without spread.
    """
    agreed = [
        1 - abs(a - b)
        for a, b in zip(wins(ours, [0.0] * len(ours)), wins(theirs, [0.0] * len(ours)), strict=True)
    ]
    return proportion(agreed, prompts), correlation(ranks(ours), ranks(theirs))


def correlation(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Pearson's; None where one of them has no spread."""
    n = len(a)
    if n < 2:
        return None
    x, y = math.fsum(a) / n, math.fsum(b) / n
    spread = math.sqrt(math.fsum((v - x) ** 2 for v in a) * math.fsum((v - y) ** 2 for v in b))
    both = math.fsum((v - x) * (w - y) for v, w in zip(a, b, strict=True))
    return both / spread if spread else None


def ranks(values: Sequence[float]) -> list[float]:
    """Places from 1, equal values sharing the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    places = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for at in order[start : end + 1]:
            places[at] = (start + end) / 2 + 1
        start = end + 1
    return places


def _share(found: Sequence[tuple[float, Hashable]]) -> Estimate | None:
    values, prompts = [share for share, _ in found], [prompt for _, prompt in found]
    whole = all(value in (0.0, 0.5, 1.0) for value in values)
    return proportion(values, prompts) if whole else mean(values, prompts)
