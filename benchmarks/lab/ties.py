"""Part e: where people often say "equal", learning from ties beats dropping them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.lab import people
from benchmarks.lab.learning import learnt_rewards
from benchmarks.lab.people import Person
from benchmarks.lab.place import asked_items, frozen, judge
from benchmarks.lab.report import Part, interval, wins
from benchmarks.lab.world import linear_world, order_accuracy
from feedback.evidence import Comparison, Evidence

LABELS = 400
# The felt difference under which both are equal, and about the share of ties that it makes.
THRESHOLDS = {0.15: "few", 0.95: "some", 2.8: "many"}


def run(seeds: Sequence[int], *, quick: bool) -> Part:
    """Accuracy of Rao-Kupper, of half labels, and of Bradley-Terry without the ties."""
    part = Part("e. Ties are worth keeping")
    rows = []
    for threshold in (2.8,) if quick else THRESHOLDS:
        found = np.array([_one(seed, threshold) for seed in seeds])
        share, dropped, half, kept = found.T
        gain = kept - dropped
        rows.append(
            [f"{share.mean():.0%}", *map(interval, (dropped, half, kept, gain)), wins(gain)]
        )
        if threshold == 2.8:
            floor = 0.0 if quick else 0.02
            part.claim(
                f"With at least half ties among {LABELS} labels, keeping them gains {floor}, "
                "in nine of ten seeds.",
                f"{gain.mean():+.3f}, {wins(gain)}, {share.mean():.0%} ties",
                gain.mean() >= floor and (gain > 0).mean() >= 0.9 and share.mean() >= 0.5,
            )
        if threshold == 0.15:
            part.claim(
                "With 5 % ties or fewer it makes no difference (half a point).",
                f"{gain.mean():+.3f}, {share.mean():.0%} ties",
                abs(gain.mean()) <= 0.005 and share.mean() <= 0.05,
            )
    header = ["ties", "dropped", "half labels", "Rao-Kupper", "Rao-Kupper - dropped", "wins"]
    part.table(header, rows)
    return part


def _one(seed: int, threshold: float) -> tuple[float, float, float, float]:
    """(share of ties, accuracy with ties dropped, with half labels, with Rao-Kupper)."""
    world = linear_world(seed)
    rng = np.random.default_rng(seed + 2000)
    slug = f"ties-{threshold}-{seed}".replace(".", "-")
    project, asked = asked_items(world, slug, "pairwise", items=LABELS, size=2, rng=rng)
    crowd = [Person(f"person-{n}", tie=threshold) for n in range(20)]
    judge(world, project, asked, crowd, people.pairwise, rng)
    records = frozen(project)
    accuracies = [
        order_accuracy(world, learnt_rewards(world, "reward_model", records, {"loss": loss}))
        for loss in ("bradley_terry", "half", "rao_kupper")
    ]
    return (float(np.mean([_is_tie(r) for r in records])), *accuracies)  # type: ignore[return-value]


def _is_tie(record: Evidence) -> bool:
    return isinstance(record, Comparison) and record.outcome == "tie"
