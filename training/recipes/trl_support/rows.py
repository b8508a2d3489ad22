"""Evidence as rows for preference training, and why some of it cannot be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from feedback.evidence import (
    Candidate,
    Comparison,
    Context,
    Evidence,
    Ranking,
    Verdict,
    comparisons_of,
)
from training.recipes.base import Rows

Row = dict[str, Any]

FEWEST_PAIRS = 8  # decided comparisons of the training split, to train on pairs at all


def pair_rows(evidence: Iterable[tuple[str, Evidence]]) -> Rows:
    """Preference rows: `prompt`, `chosen`, `rejected` as messages, `margin`, `weight`, `about`.

    `margin` is the strength above an ordinary preference: 0, 1, 2 for strengths 1, 2, 3. Rankings
    count as all their pairs. Unusable: `not_a_comparison` and the flaws of a Comparison.
    """
    return collect((split, outcome) for split, record in evidence for outcome in _pairs(record))


def held_out_pairs(evidence: Iterable[tuple[str, Evidence]]) -> list[Row]:
    """The held-out pairs that a reward is measured on: those of `pair_rows`, and pairs that people found
    equally good, their sides in stored order; `tie` tells them apart.
    """
    found: list[Row] = []
    for split, record in evidence:
        if split == "test" and isinstance(record, Comparison | Ranking):
            for comparison in comparisons_of(record):
                row = _pair(comparison)
                if isinstance(row, dict):
                    found.append({**row, "tie": False})
                elif row == "tie":
                    found += _tied(comparison)
    return found


def missing_pairs(counts: Mapping[str, int]) -> list[str]:
    """Why too few comparisons were decided to train on them; nothing where there are enough."""
    have = counts.get("comparison_decided_train", 0)
    if have >= FEWEST_PAIRS:
        return []
    return [f"{FEWEST_PAIRS} decided comparisons to train on are needed, and there are {have}."]


def verdict_rows(evidence: Iterable[tuple[str, Evidence]], *, unpair: bool = True) -> Rows:
    """Unpaired rows: `prompt` and `completion` as messages, `label`, `weight`.

    With `unpair`, evidence without a usable verdict in training gives two rows for each decided
    comparison: the chosen one wanted, the rejected one not. Unusable: `empty`, `image`,
    `not_a_verdict`, and those of `pair_rows`.
    """
    records = list(evidence)
    judged = any(split == "train" and not isinstance(_verdict(r), str) for split, r in records)
    if judged or not unpair:
        return collect((split, _verdict(record)) for split, record in records)
    pairs = pair_rows(records)
    return Rows(
        train=[row for pair in pairs.train for row in _unpaired(pair)],
        test=[row for pair in pairs.test for row in _unpaired(pair)],
        unusable=pairs.unusable,
    )


def balanced_weights(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The rows with their weights scaled to a mean of 1, so that weights do not change the learning
    rate.
    """
    total = sum(row["weight"] for row in rows)
    if total <= 0:
        return [dict(row) for row in rows]
    return [{**row, "weight": row["weight"] * len(rows) / total} for row in rows]


def about(context: Context, strength: float | None = None) -> Row:
    """By whom and of what kind a judgment is: figures are told apart by it, and no loss reads it.

    `strength` is None where nobody was asked for one.
    """
    return {
        "annotator": context.annotator,
        "tags": list(context.tags),
        "strength": strength,
    }


def collect(outcomes: Iterable[tuple[str, Row | str]]) -> Rows:
    """Rows by split, from (split, row or why there is none)."""
    rows: dict[str, list[Row]] = {"train": [], "test": []}
    unusable: Counter[str] = Counter()
    for split, outcome in outcomes:
        if isinstance(outcome, str):
            unusable[outcome] += 1
        else:
            rows[split].append(outcome)
    return Rows(train=rows["train"], test=rows["test"], unusable=dict(sorted(unusable.items())))


def _pairs(record: Evidence) -> Iterator[Row | str]:
    if isinstance(record, Comparison | Ranking):
        yield from map(_pair, comparisons_of(record))
    else:
        yield "not_a_comparison"


def _pair(comparison: Comparison) -> Row | str:
    flaw, ordered = comparison.flaw(), comparison.ordered()
    if flaw is not None or ordered is None:
        return flaw or comparison.outcome
    chosen, rejected = ordered
    context = comparison.context
    return {
        "prompt": messages_of(context),
        "chosen": answer_of(chosen),
        "rejected": answer_of(rejected),
        "margin": max(0.0, float(comparison.strength) - 1.0),
        "weight": float(context.weight),
        "about": about(context, comparison.strength),
    }


def _tied(comparison: Comparison) -> list[Row]:
    """The row of a tie between two texts that differ."""
    as_decided = _pair(replace(comparison, outcome="first", strength=0.0))
    return [{**as_decided, "tie": True}] if isinstance(as_decided, dict) else []


def _verdict(record: Evidence) -> Row | str:
    if not isinstance(record, Verdict):
        return "not_a_verdict"
    flaw = record.completion.flaw()
    if flaw is not None:
        return flaw
    return {
        "prompt": messages_of(record.context),
        "completion": answer_of(record.completion),
        "label": record.desirable,
        "weight": float(record.context.weight),
    }


def _unpaired(pair: Row) -> Iterator[Row]:
    for side, label in (("chosen", True), ("rejected", False)):
        yield {
            "prompt": pair["prompt"],
            "completion": pair[side],
            "label": label,
            "weight": pair["weight"],
        }


def messages_of(context: Context) -> list[dict[str, str]]:
    """The prompt as plain messages."""
    return [{"role": m["role"], "content": m["content"]} for m in context.prompt]


def answer_of(candidate: Candidate) -> list[dict[str, str]]:
    """The completion as one message of the assistant."""
    return [{"role": "assistant", "content": candidate.text}]
