"""Figures of a reward model on held-out rows of one kind of evidence, besides its accuracy on pairs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.metrics import mean, proportion, separation
from training.sampling.local.reward_models import RewardModel

Row = Mapping[str, Any]
Stop = Callable[[], bool]


def rewards_by_row(model: RewardModel, rows: Sequence[Row], stop: Stop) -> list[list[float]]:
    """The rewards of each row's completions."""
    found = iter(model.rewards(conversations(rows), should_stop=stop))
    return [[next(found) for _ in row["completions"]] for row in rows]


def conversations(rows: Sequence[Row]) -> list[tuple[Any, Any]]:
    """(prompt, completion) of all completions of the rows, in order."""
    return [(row["prompt"], answer) for row in rows for answer in row["completions"]]


def prompt_keys(rows: Sequence[Row]) -> list[str]:
    """What tells the prompts of the rows apart, for intervals clustered by prompt."""
    return [repr(row["prompt"]) for row in rows]


def measure_lists(model: RewardModel, rows: Sequence[Row], stop: Stop) -> dict[str, Any]:
    """`best_found`: how often the highest reward is one of the best tier; chance is less the longer the list."""
    hits = []
    for row, numbers in zip(rows, rewards_by_row(model, rows, stop), strict=True):
        best = numbers.index(max(numbers))
        hits.append(float(row["tier"][best] == min(row["tier"])))
    found = proportion(hits, prompt_keys(rows))
    return {"lists": len(rows), "best_found": found.as_json() if found else None}


def measure_thumbs(model: RewardModel, rows: Sequence[Row], stop: Stop) -> dict[str, Any]:
    """`separation`: how far rewards of wanted completions lie above those of unwanted ones (ROC area)."""
    numbers = [values[0] for values in rewards_by_row(model, rows, stop)]
    wanted = [n for n, row in zip(numbers, rows, strict=True) if row["desirable"]]
    unwanted = [n for n, row in zip(numbers, rows, strict=True) if not row["desirable"]]
    area, up, down = separation(wanted, unwanted)
    return {
        "verdicts": len(rows),
        "separation": area,
        "desirable_reward": up.as_json() if up else None,
        "undesirable_reward": down.as_json() if down else None,
    }


def measure_amounts(model: RewardModel, rows: Sequence[Row], stop: Stop) -> dict[str, Any]:
    """`amount_correlation`: of differences in reward with amounts, whichever side is called the first.

    The cosine sum(d w) / sqrt(sum(d^2) sum(w^2)): a correlation without means, as a pair has no order.
    """
    deltas = [first - second for first, second in rewards_by_row(model, rows, stop)]
    amounts = [row["amount"] for row in rows]
    scale = math.sqrt(_mean_square(deltas) * _mean_square(amounts))
    if not scale:
        return {"amounts": len(rows)}
    products = [d * w / scale for d, w in zip(deltas, amounts, strict=True)]
    found = mean(products, prompt_keys(rows))
    return {"amounts": len(rows), "amount_correlation": found.as_json() if found else None}


def measure_ratings(model: RewardModel, rows: Sequence[Row], stop: Stop) -> dict[str, Any]:
    """`correlation_<aspect>`: of each head with what was rated, where both vary."""
    rated = [row for row in rows if row["scores"]]
    if not rated:
        return {"ratings": 0}
    heads = model.heads(conversations(rated), should_stop=stop)
    found: dict[str, Any] = {"ratings": len(rated)}
    for n, aspect in enumerate(model.card.names):
        chosen = [k for k, row in enumerate(rated) if aspect in row["scores"]]
        given = [float(rated[k]["scores"][aspect]) for k in chosen]
        said = [float(heads[k, n]) for k in chosen]
        products = _standard_products(said, given)
        estimate = mean(products, prompt_keys([rated[k] for k in chosen]))
        if estimate:
            found[f"correlation_{aspect}"] = estimate.as_json()
    return found


def _standard_products(first: Sequence[float], second: Sequence[float]) -> list[float]:
    """Products of standardised numbers, whose mean is Pearson's correlation; none where one side is constant."""
    if not first:
        return []
    a, b = _centred(first), _centred(second)
    scale = math.sqrt(_mean_square(a) * _mean_square(b))
    return [x * y / scale for x, y in zip(a, b, strict=True)] if scale else []


def _centred(numbers: Sequence[float]) -> list[float]:
    middle = math.fsum(numbers) / len(numbers)
    return [number - middle for number in numbers]


def _mean_square(numbers: Sequence[float]) -> float:
    return math.fsum(n * n for n in numbers) / len(numbers)
