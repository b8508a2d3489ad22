"""Figures of a reward model on held-out rows of one kind of evidence, besides its accuracy on pairs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.metrics import mean, proportion, separation
from training.sampling.embedder import Matrix
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


def measure_groups(model: RewardModel, rows: Sequence[Row], stop: Stop) -> dict[str, Any]:
    """`own_group_accuracy`: on pairs of annotators that training knew, by their groups' rewards as far as they
    belong to each; `shared_accuracy` by all groups' mean; `worst_group_accuracy` of the group served worst.
    """
    groups = model.card.learned["groups"]
    known = [row for row in rows if row["annotator"] in groups]
    if not known:
        return {}
    heads = model.heads(conversations(known), should_stop=stop)
    deltas = heads[0::2] - heads[1::2]  # [rows, groups]
    own = [float(deltas[n] @ groups[row["annotator"]]) for n, row in enumerate(known)]
    shared = deltas @ list(model.card.weights)
    found = {
        "own_group_accuracy": _accuracy(own, known),
        "shared_accuracy": _accuracy(shared.tolist(), known),
    }
    by_group: dict[int, list[int]] = {}
    for n, row in enumerate(known):
        likeliest = groups[row["annotator"]]
        by_group.setdefault(likeliest.index(max(likeliest)), []).append(n)
    each = [_accuracy([own[n] for n in ns], [known[n] for n in ns]) for ns in by_group.values()]
    return {**found, "worst_group_accuracy": min(each, key=lambda one: one["value"])}


def measure_general(model: RewardModel, rows: Sequence[Row], stop: Stop) -> dict[str, Any]:
    """`general_accuracy`: how often the skew product prefers what people prefer."""
    decided = [row for row in rows if not row["tie"]]
    if not decided:
        return {}
    points = model.heads(conversations(decided), should_stop=stop)
    scores = general_scores(points[0::2], points[1::2])
    return {"general_accuracy": _accuracy(scores, decided)}


def general_scores(first: Matrix, second: Matrix) -> list[float]:
    """How far each first point is preferred to its second, over tau; both [pairs, 2 m] of length 1."""
    x, y = first[:, 0::2], first[:, 1::2]
    scores: list[float] = (x * second[:, 1::2] - y * second[:, 0::2]).sum(axis=1).tolist()
    return scores


def circular_share(rows: Sequence[Row]) -> tuple[float | None, int]:
    """(share of triads that run in a circle by majority, triads): of three completions judged pairwise.

    A triad of random preferences is a circle with probability 1/4 (Kendall & Babington Smith 1940). None
    without triads.
    """
    wins: Counter[tuple[str, str]] = Counter()
    for row in rows:
        first, second = (repr((row["prompt"], answer)) for answer in row["completions"])
        if not row["tie"]:
            wins[first, second] += 1
            wins[second, first] -= 1
    beats: dict[str, set[str]] = {}
    for (first, second), count in wins.items():
        if count > 0:
            beats.setdefault(first, set()).add(second)
    circles = straight = 0
    for a, beaten in beats.items():
        for b in beaten:
            for c in beats.get(b, ()):
                circles += a in beats.get(c, ())
                straight += c in beaten
    circles //= 3  # each was found from each of its three
    total = circles + straight
    return (circles / total if total else None), total


def _accuracy(deltas: Sequence[float], rows: Sequence[Row]) -> dict[str, Any]:
    wins = [1.0 if delta > 0 else 0.5 if delta == 0 else 0.0 for delta in deltas]
    found = proportion(wins, prompt_keys(rows))
    assert found is not None  # noqa: S101 there are rows
    return found.as_json()
