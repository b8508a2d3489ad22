"""Figures of what a policy writes: how far it moved, how varied it is, how often it wins."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass

from training.metrics.intervals import Estimate, mean, proportion
from training.metrics.ranking import wins


@dataclass(frozen=True, slots=True)
class BestOf:
    """The best of n samples: its distance from the policy in nats, and the mean of what was measured."""

    n: int
    kl: float
    proxy: float
    gold: float | None = None

    def as_json(self) -> dict[str, float | int | None]:
        """Plain data for results and pages."""
        return asdict(self)


def sampled_kl(
    logps: Sequence[float], reference: Sequence[float], prompts: Sequence[Hashable]
) -> Estimate | None:
    """KL(policy || reference) in nats an answer: the mean of log p - log p_ref over the policy's own
    samples, whole answers. An estimate may be below 0 by chance.
    """
    return mean([a - b for a, b in zip(logps, reference, strict=True)], prompts)


def distinct(texts: Sequence[str], n: int) -> float | None:
    """The share of different runs of n words among all of them; None without any.

    Li et al. 2016 (arXiv:1510.03055). It falls with the number of texts: compare equal numbers.
    """
    runs = [
        tuple(words[i : i + n])
        for words in (text.split() for text in texts)
        for i in range(len(words) - n + 1)
    ]
    return len(set(runs)) / len(runs) if runs else None


def win_rate(
    ours: Sequence[float], theirs: Sequence[float], prompts: Sequence[Hashable]
) -> Estimate | None:
    """How often ours scores higher; a tie counts half."""
    return proportion(wins(ours, theirs), prompts)


def best_of_kl(n: int) -> float:
    """log n - (n - 1) / n nats: the best of n against the policy, an upper bound.

    Stiennon et al. 2020 (arXiv:2009.01325); a bound by Beirami et al. 2024 (arXiv:2401.01879).
    """
    return math.log(n) - (n - 1) / n


def best_of_curve(
    proxy: Sequence[Sequence[float]], gold: Sequence[Sequence[float]] | None = None
) -> list[BestOf]:
    """For n = 1, 2, 4, ... up to the samples that every prompt has: the mean proxy, and gold, of the
    sample with the best proxy among n.

    Exact over all choices of n among a prompt's samples, so that the curve does not depend on their
    order. Where proxy rises and gold falls the proxy is over-optimised (Gao, Schulman & Hilton 2022,
    arXiv:2210.10760).
    """
    least = min(map(len, proxy), default=0)
    sizes = [2**power for power in range(least.bit_length()) if 2**power <= least]
    curve = []
    for n in sizes:
        reached = math.fsum(_best(p, p, n) for p in proxy) / len(proxy)
        true = None
        if gold is not None:
            pairs = zip(proxy, gold, strict=True)
            true = math.fsum(_best(p, g, n) for p, g in pairs) / len(proxy)
        curve.append(BestOf(n, best_of_kl(n), reached, true))
    return curve


def _best(proxy: Sequence[float], value: Sequence[float], n: int) -> float:
    """The expected value of the sample with the best proxy among n of them."""
    order = sorted(range(len(proxy)), key=proxy.__getitem__)
    ways = math.comb(len(proxy), n)
    chances = [math.comb(place, n - 1) / ways for place in range(len(order))]
    return math.fsum(c * value[at] for c, at in zip(chances, order, strict=True))
