"""Evidence as answers with what was said of them: in words where there are words, else in a category."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from feedback.evidence import (
    Candidate,
    Comparison,
    Context,
    Critique,
    Demonstration,
    Evidence,
    Ranking,
    Score,
    Verdict,
)
from training.recipes.base import Rows
from training.recipes.text_support.conditions import BAD, GOOD, MIXED
from training.recipes.trl_support.answers import answer_row, revision_row
from training.recipes.trl_support.rows import Row, collect

CATEGORIES = (GOOD, MIXED, BAD)
Split = tuple[str, Evidence]


def judged_rows(evidence: Iterable[Split], *, words: bool = True) -> Rows:
    """Rows `prompt`, `completion`, `weight` and `feedback`: a critique's words, or a category.

    Demonstrations, revisions, thumbs up, the better side of a comparison and the best tier of a
    ranking are good; thumbs down, the worse side, both sides of `both_bad` and the worst tier are
    bad; between them is mixed. Ratings are cut into thirds of each scale's mean over aspects. Without
    `words` critiques give their revisions only. Unusable: `empty`, `image`, `identical`, `tie`,
    `aspect`, `in_words`, `difference`, `machine_revision`.
    """
    records = list(evidence)
    outcomes = [(split, row) for split, r in records for row in _judged(r, words=words)]
    return collect([*outcomes, *_rated(records)])


def balanced(rows: Sequence[Row]) -> list[Row]:
    """The rows weighted so that each category, and all words together, count alike.

    Otherwise the policy would learn the commonest category whatever the feedback says.
    """
    keys = [row["feedback"] if row["feedback"] in CATEGORIES else "" for row in rows]
    totals: Counter[str] = Counter()
    for key, row in zip(keys, rows, strict=True):
        totals[key] += row["weight"]
    share = math.fsum(totals.values()) / max(1, len(totals))
    return [
        {**row, "weight": row["weight"] * share / totals[key] if totals[key] else 0.0}
        for key, row in zip(keys, rows, strict=True)
    ]


def _judged(record: Evidence, *, words: bool) -> Iterator[Row | str]:
    if isinstance(record, Demonstration):
        yield _row(record.context, Candidate(0, record.completion), GOOD)
    elif isinstance(record, Critique):
        yield from _criticised(record, words=words)
    elif isinstance(record, Verdict):
        yield _row(record.context, record.completion, GOOD if record.desirable else BAD)
    elif isinstance(record, Comparison):
        yield from _compared(record)
    elif isinstance(record, Ranking):
        yield from _ranked(record)


def _criticised(record: Critique, *, words: bool) -> Iterator[Row | str]:
    if record.revised is not None:
        row = revision_row(record)
        yield row if isinstance(row, str) else {**row, "feedback": GOOD}
    if record.text.strip():
        yield _row(record.context, record.completion, record.text) if words else "in_words"


def _compared(record: Comparison) -> Iterator[Row | str]:
    flaw, pair = record.flaw(), record.ordered()
    if flaw == "both_bad":
        yield from (_row(record.context, side, BAD) for side in (record.first, record.second))
    elif flaw is not None or pair is None:
        yield str(flaw)
    else:
        yield from (
            _row(record.context, side, said) for side, said in zip(pair, (GOOD, BAD), strict=True)
        )


def _ranked(record: Ranking) -> Iterator[Row | str]:
    last = len(record.tiers) - 1
    if not last:  # all alike: nothing was preferred
        yield "tie"
        return
    for place, tier in enumerate(record.tiers):
        said = GOOD if place == 0 else BAD if place == last else MIXED
        yield from (_row(record.context, candidate, said) for candidate in tier)


def _rated(records: Sequence[Split]) -> Iterator[tuple[str, Row | str]]:
    """Ratings of one completion in one judgment, averaged over aspects and cut at the thirds."""
    rated: dict[Any, list[tuple[str, Score]]] = defaultdict(list)
    for split, record in records:
        if isinstance(record, Score):
            if record.other is not None:
                yield split, "difference"
            else:
                key = (record.context.judgment, record.completion.id, record.unit)
                rated[key].append((split, record))
    means = {key: math.fsum(s.value for _, s in group) / len(group) for key, group in rated.items()}
    cuts = {unit: _thirds([m for k, m in means.items() if k[2] == unit]) for *_, unit in means}
    for key, group in rated.items():
        (split, score), (low, high) = group[0], cuts[key[2]]
        said = GOOD if means[key] >= high else BAD if means[key] <= low else MIXED
        yield split, "tie" if low == high else _row(score.context, score.completion, said)


def _thirds(values: Sequence[float]) -> tuple[float, float]:
    """(the most that is bad, the least that is good), a third of the values each; equal where all are."""
    ordered = sorted(values)
    low = ordered[(len(ordered) - 1) // 3]
    above = [value for value in ordered if value > low]
    return low, above[len(above) // 2] if above else low


def _row(context: Context, candidate: Candidate, feedback: str) -> Row | str:
    flaw = candidate.flaw()
    return flaw or {**answer_row(context, candidate.text), "feedback": feedback}
