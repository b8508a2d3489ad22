"""What a preference row is labelled with for a loss: margin, probability, target and weight."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

from feedback.evidence import Evidence, Score
from training.recipes.base import Rows
from training.recipes.trl_support.rows import Row, answer_of, messages_of

WIDEST = 3.0  # typical amounts of an annotator: larger ones count as this many
SHRINKAGE = 4  # everybody's typical amount counts as so many of an annotator's own

Scores = Mapping[tuple[str, str], float]  # (prompt, answer) -> mean score


@dataclass(frozen=True, slots=True)
class Labelling:
    """How sizes become labels; the fields are those of the DPO recipe's config."""

    margin_scale: float = 0.0
    soft_scale: float = 0.0
    amount_scale: float = 1.0
    weigh_by_size: bool = False


def labelled(rows: Rows, labelling: Labelling, scores: Scores | None = None) -> Rows:
    """The rows with `margin`, `probability`, `target` and `has_target`, and their weights.

    The size of a preference is its strength, or its amount in typical amounts of its annotator (the
    median of the training rows, on a log scale drawn towards everybody's), at most three. `margin`
    is the size above an ordinary preference times `margin_scale`, or with `scores` the difference
    between the answers' scores times it (0 where one has none): multi-objective DPO (Zhou et al.
    2023, arXiv:2310.03708). `probability` is 1/2 for ties, else sigma(size / soft_scale), or 1 where
    that scale is 0. `target` is the size times `amount_scale`.
    """
    scales = _amount_scales(rows.train)
    train, test = (
        [_labelled(row, labelling, scales, scores) for row in side]
        for side in (rows.train, rows.test)
    )
    return replace(rows, train=train, test=test)


def scores_of(evidence: Iterable[tuple[str, Evidence]], aspect: str) -> Scores:
    """The mean score of each answer on an aspect, from the training split."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for split, record in evidence:
        if split == "train" and isinstance(record, Score) and record.other is None:
            if record.aspect != aspect:
                continue
            row = {
                "prompt": messages_of(record.context),
                "answer": answer_of(record.completion),
            }
            found[_key(row, "answer")].append(float(record.value))
    return {key: fmean(values) for key, values in found.items()}


def _labelled(
    row: Row, labelling: Labelling, scales: Mapping[str, float], scores: Scores | None
) -> Row:
    priced = row["amount"] is not None
    size = _size(row, scales)
    margin = size if priced else max(0.0, size - 1)
    if scores is not None:
        margin = _difference(row, scores)
    soft = labelling.soft_scale
    sure = 1 / (1 + math.exp(-size / soft)) if soft else 1.0
    weight = row["weight"] * (size if labelling.weigh_by_size and not row["tie"] else 1.0)
    kept = {k: v for k, v in row.items() if k not in ("strength", "amount", "annotator")}
    return {
        **kept,
        "weight": weight,
        "margin": labelling.margin_scale * margin,
        "probability": 0.5 if row["tie"] else sure,
        "target": labelling.amount_scale * size if priced else 0.0,
        "has_target": priced,
    }


def _size(row: Row, scales: Mapping[str, float]) -> float:
    if row["amount"] is None:
        return float(row["strength"])
    own = row["annotator"]
    return min(WIDEST, row["amount"] / scales.get(own, scales.get(_unit(own), 1.0)))


def _amount_scales(rows: Sequence[Row]) -> dict[str, float]:
    """The typical amount by annotator and unit, and by unit that of everybody."""
    logs: dict[str, list[float]] = defaultdict(list)
    pooled: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row["amount"]:
            logs[row["annotator"]].append(math.log(row["amount"]))
            pooled[_unit(row["annotator"])].append(math.log(row["amount"]))
    usual = {unit: median(values) for unit, values in pooled.items()}
    own = {
        name: (len(values) * median(values) + SHRINKAGE * usual[_unit(name)])
        / (len(values) + SHRINKAGE)
        for name, values in logs.items()
    }
    return {name: math.exp(value) for name, value in {**usual, **own}.items()}


def _unit(annotator: str) -> str:
    """The part of a scale's name that all annotators share."""
    return annotator.partition("\n")[2]


def _difference(row: Row, scores: Scores) -> float:
    chosen, rejected = (scores.get(_key(row, side)) for side in ("chosen", "rejected"))
    return 0.0 if chosen is None or rejected is None else chosen - rejected


def _key(row: Row, side: str) -> tuple[str, str]:
    return json.dumps(row["prompt"], sort_keys=True), row[side][0]["content"]
