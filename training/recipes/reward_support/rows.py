"""Evidence as rows for reward models: one or several completions of a prompt, and what was said of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from feedback.evidence import (
    Candidate,
    Comparison,
    Context,
    Evidence,
    Ranking,
    Score,
    Verdict,
    comparisons_of,
)
from training.recipes.base import Rows
from training.recipes.trl_support.rows import about, answer_of, collect, messages_of

Row = dict[str, Any]

STRONGEST = 3  # levels of strength that are told apart


def listed(context: Context, candidates: Sequence[Candidate], **columns: Any) -> Row:
    """The row that every loss reads: completions of one prompt, by whom, its weight, and columns."""
    return {
        "prompt": messages_of(context),
        "completions": [answer_of(candidate) for candidate in candidates],
        "candidates": [candidate.id for candidate in candidates],
        "annotator": context.annotator,
        "weight": float(context.weight),
        "about": about(context, columns.get("strength")),
        **columns,
    }


def pairs(evidence: Iterable[tuple[str, Evidence]], *, ties: bool) -> Rows:
    """Two completions a row, the preferred one first; those of rankings included.

    Columns: `tie`; `strength`, 0 of a tie; `margin`, the strength above an ordinary preference; `level`, the
    strength in whole steps up to STRONGEST. Unusable: `not_a_comparison`, the flaws of a Comparison, and ties
    unless `ties`.
    """
    return collect(
        (split, outcome) for split, r in evidence for outcome in _pairs(r, ties, "not_a_comparison")
    )


def lists(evidence: Iterable[tuple[str, Evidence]], *, all_tied: bool) -> Rows:
    """Completions of a ranking, the best first, with their `tier` from 0; a comparison is a list of two.

    `tied` says that a tier holds several. Images and empty texts are left out of their list. Unusable: a
    list of which fewer than two are left (why the first one went), lists in one tier (`tie`) unless
    `all_tied`, `not_a_ranking`, and the flaws of a Comparison.
    """
    return collect((split, _list(record, all_tied)) for split, record in evidence)


def thumbs(evidence: Iterable[tuple[str, Evidence]]) -> Rows:
    """One completion a row, `desirable` or not. Unusable: `empty`, `image`, `not_a_verdict`."""
    return collect((split, _thumb(record)) for split, record in evidence)


def amounts(evidence: Iterable[tuple[str, Evidence]], *, zero: bool) -> Rows:
    """Two completions a row and by how much the first is worth more: `amount`, `low`, `high`, `unit`.

    The preferred one is first, so amounts are not negative; open ends are infinite. Unusable:
    `not_an_amount`, `empty`, `image`, `identical`, and differences of 0 (`tie`) unless `zero`.
    """
    return collect((split, _amount(record, zero)) for split, record in evidence)


def ratings(evidence: Iterable[tuple[str, Evidence]], *, comparisons: bool) -> Rows:
    """One completion a row and its `scores` by aspect, as one annotator gave them at once.

    With `comparisons`, decided pairs are rows too: two completions, the preferred one first, no scores, and the
    `aspect` that they are about, empty for the whole. Unusable: `not_a_rating`, `empty`, `image`, and the flaws of a
    Comparison.
    """
    records = list(evidence)
    grouped: dict[tuple[str, int, int, str], list[Score]] = {}
    outcomes: list[tuple[str, Row | str]] = []
    for split, record in records:
        if isinstance(record, Score) and record.other is None:
            key = (split, record.context.judgment, record.completion.id, record.completion.text)
            grouped.setdefault(key, []).append(record)
        elif comparisons:
            outcomes += [(split, outcome) for outcome in _compared(record)]
        else:
            outcomes.append((split, "not_a_rating"))
    outcomes += [(split, _rating(scores)) for (split, *_), scores in grouped.items()]
    return collect(outcomes)


def as_pairs(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Rows of two completions, the preferred one first, as held-out pairs: `prompt`, `chosen`, `rejected`."""
    return [
        {
            "prompt": row["prompt"],
            "chosen": row["completions"][0],
            "rejected": row["completions"][1],
            "about": row["about"],
            "weight": row["weight"],
        }
        for row in rows
    ]


def rating_pairs(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Rated completions of a prompt by one annotator, two at a time, the one ahead in more aspects first."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["scores"]:
            groups.setdefault((repr(row["prompt"]), row["annotator"]), []).append(row)
    found = []
    for rated in groups.values():
        for one, other in combinations(rated, 2):
            shared = one["scores"].keys() & other["scores"].keys()
            ahead = sum(_sign(one["scores"][a] - other["scores"][a]) for a in shared)
            if ahead:
                best, worst = (one, other) if ahead > 0 else (other, one)
                answers = [best["completions"][0], worst["completions"][0]]
                found.append({**best, "completions": answers})
    return as_pairs(found)


def by_annotator(
    rows: Sequence[Mapping[str, Any]],
) -> tuple[list[str], list[Row]]:
    """(annotators of the rows, the rows with their `annotator` as a place in that list).

    `share` is 1 / how many rows the annotator has: what a row bears of a prior on the annotator.
    """
    names = sorted({row["annotator"] for row in rows})
    place = {name: n for n, name in enumerate(names)}
    counts = [0] * len(names)
    for row in rows:
        counts[place[row["annotator"]]] += 1
    indexed = [(row, place[row["annotator"]]) for row in rows]
    return names, [{**row, "annotator": n, "share": 1 / counts[n]} for row, n in indexed]


def _pairs(record: Evidence, ties: bool, otherwise: str) -> Iterator[Row | str]:
    if isinstance(record, Comparison | Ranking):
        for comparison in comparisons_of(record):
            yield _pair(comparison, ties)
    else:
        yield otherwise


def _pair(comparison: Comparison, ties: bool) -> Row | str:
    ordered, flaw = comparison.ordered(), comparison.flaw()
    tie = flaw == "tie"
    if tie and ties:
        ordered = (comparison.first, comparison.second)
        flaw = _flaw(ordered)
    if flaw is not None or ordered is None:
        return flaw or comparison.outcome
    strength = 0.0 if tie else float(comparison.strength)
    return listed(
        comparison.context,
        ordered,
        tie=tie,
        strength=strength,
        margin=max(0.0, strength - 1.0),
        level=0 if tie else min(STRONGEST, max(1, math.ceil(strength))),
    )


def _list(record: Evidence, all_tied: bool) -> Row | str:
    if isinstance(record, Comparison):
        row = _pair(record, ties=all_tied)
        if isinstance(row, str):
            return row
        tiers = [0, 0] if row["tie"] else [0, 1]
        kept = ("prompt", "completions", "candidates", "annotator", "weight", "about")
        return {**{name: row[name] for name in kept}, "tier": tiers, "tied": row["tie"]}
    if not isinstance(record, Ranking):
        return "not_a_ranking"
    flat = [(rank, one) for rank, tier in enumerate(record.tiers) for one in tier]
    usable = [(rank, one) for rank, one in flat if one.flaw() is None]
    if len(usable) < 2:
        return next((flaw for _, one in flat if (flaw := one.flaw())), "tie")
    tiers = [rank for rank, _ in usable]
    if len(set(tiers)) == 1 and not all_tied:
        return "tie"
    tied = len(set(tiers)) < len(tiers)
    return listed(record.context, [one for _, one in usable], tier=tiers, tied=tied)


def _thumb(record: Evidence) -> Row | str:
    if not isinstance(record, Verdict):
        return "not_a_verdict"
    flaw = record.completion.flaw()
    return flaw or listed(record.context, [record.completion], desirable=record.desirable)


def _amount(record: Evidence, zero: bool) -> Row | str:
    if not isinstance(record, Score) or record.other is None:
        return "not_an_amount"
    sides = (record.completion, record.other)
    flaw = _flaw(sides)
    if flaw is not None:
        return flaw
    value, low, high = record.value, record.low, record.high
    if value == 0 and not zero:
        return "tie"
    if value < 0:
        sides = (record.other, record.completion)
        value, low, high = -value, -high, -low
    return listed(record.context, sides, amount=value, low=low, high=high, unit=record.unit)


def _rating(scores: Sequence[Score]) -> Row | str:
    first = scores[0]
    flaw = first.completion.flaw()
    values = {score.aspect: score.value for score in scores}
    return flaw or listed(first.context, [first.completion], scores=values, aspect="")


def _compared(record: Evidence) -> Iterator[Row | str]:
    """Decided pairs and the aspect that they are about."""
    if not isinstance(record, Comparison | Ranking):
        yield "not_a_rating"
        return
    for comparison in comparisons_of(record):
        row = _pair(replace(comparison, aspect=None), ties=False)
        aspect = comparison.aspect or ""
        yield row if isinstance(row, str) else {**row, "scores": {}, "aspect": aspect}


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


def _flaw(sides: Sequence[Candidate]) -> str | None:
    first, second = sides
    identical = "identical" if first.text == second.text else None
    return first.flaw() or second.flaw() or identical
