"""How many labels are wrong, as far as the snapshot knows: from reliabilities, or from repeated judgments."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

from training.recipes.trl_support.rows import Row

FEWEST_REPEATS = 20  # pairs of judgments of the same two answers, to measure from
MOST = 0.4  # near a half a robust loss divides by next to nothing
USUAL = 0.1


def flip_rate(rows: Sequence[Row], *, reliabilities: bool) -> float:
    """The share of preferences that point the wrong way, in [0, 0.4]; 0.1 where nothing is known.

    With `reliabilities` the rows' weights are log odds of being right, as a snapshot weighted by gold or by a
    quality report has them. Else two judgments of the same two answers differ with probability 2 e (1 - e).
    """
    decided = [row for row in rows if not row["tie"]]
    if reliabilities and decided:
        wrong = [1 / (1 + math.exp(row["weight"])) for row in decided]
        return min(MOST, sum(wrong) / len(wrong))
    differing = _disagreement(decided)
    if differing is None:
        return USUAL
    return min(MOST, (1 - math.sqrt(max(0.0, 1 - 2 * differing))) / 2)


def _disagreement(rows: Iterable[Row]) -> float | None:
    """How often two judgments of the same two answers differ; None when there are too few."""
    repeats: dict[tuple[str, ...], list[bool]] = defaultdict(list)
    for row in rows:
        chosen, rejected = (row[side][0]["content"] for side in ("chosen", "rejected"))
        prompt = json.dumps(row["prompt"], sort_keys=True)
        repeats[(prompt, *sorted((chosen, rejected)))].append(chosen < rejected)
    differ = [a != b for votes in repeats.values() for a, b in combinations(votes, 2)]
    return sum(differ) / len(differ) if len(differ) >= FEWEST_REPEATS else None
