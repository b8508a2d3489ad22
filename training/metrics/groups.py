"""Figures of parts of the rows: by tag, by annotator, by strength, by length."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

from training.metrics.intervals import Estimate, proportion

MOST_GROUPS = 20


def share_by(
    successes: Sequence[float],
    prompts: Sequence[Hashable],
    annotators: Sequence[Hashable],
    groups: Sequence[Sequence[str]],
) -> dict[str, Estimate]:
    """The share of successes in each group, the largest MOST_GROUPS of them by name.

    `groups` names those of each row: none, one or several.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for row, names in enumerate(groups):
        for name in names:
            members[name].append(row)
    largest = sorted(members, key=lambda name: (-len(members[name]), name))[:MOST_GROUPS]
    found: dict[str, Estimate] = {}
    for name in sorted(largest):
        rows = members[name]
        estimate = proportion(
            [successes[r] for r in rows], [prompts[r] for r in rows], [annotators[r] for r in rows]
        )
        if estimate is not None:
            found[name] = estimate
    return found


def quartiles(numbers: Sequence[float]) -> list[str]:
    """For each number its quarter of all, as the range that the quarter covers.

    Equal numbers share a quarter, so that there may be fewer than four.
    """
    ordered = sorted(numbers)
    quarter = {n: 4 * bisect_left(ordered, n) // len(ordered) for n in set(numbers)}
    covered: Mapping[int, list[float]] = {
        q: [n for n in ordered if quarter[n] == q] for q in set(quarter.values())
    }
    label = {q: f"{q + 1}: {ns[0]:g} to {ns[-1]:g}" for q, ns in covered.items()}
    return [label[quarter[n]] for n in numbers]
