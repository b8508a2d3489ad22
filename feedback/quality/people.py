"""The figures of single annotators: habits, and how reliable their choices are without any gold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from feedback.quality.biases import Biases, Choice, biases
from feedback.quality.reliability import (
    Preference,
    Reliability,
    crowd_bt,
    dawid_skene,
    weight_of,
)
from feedback.quality.votes import Answered, Placed, share

MOST_CHOICES = 20_000  # of one annotator, whose habits are plain from fewer
FEWEST_CHOICES = 5


def habits_of(choices: Sequence[Answered]) -> dict[str, dict[str, Any]]:
    """Each annotator's biases, from the newest answers that choose; times come from all of them."""
    own: dict[str, list[Answered]] = defaultdict(list)
    for one in choices:
        own[one.annotator].append(one)
    found = {}
    for name, rows in own.items():
        newest = rows[-MOST_CHOICES:]
        made = [choice for one in newest if (choice := _choice(one)) is not None]
        if len(made) >= FEWEST_CHOICES:
            found[name] = {"choices": len(made), **_plain(biases(made))}
    return found


def reliabilities(choices: Sequence[Answered]) -> dict[str, dict[str, dict[str, Any]]]:
    """By method and annotator: accuracy with its interval, the number of choices, and the weight.

    `dawid_skene`: decided choices name the better one, the mean over both sides. `crowd_bt`: agreement with the
    order of the completions that all choices make likely.
    """
    placed = [one for one in choices if one.place is not None]
    found: dict[str, dict[str, dict[str, Any]]] = {"dawid_skene": {}, "crowd_bt": {}}
    if placed:
        fit = dawid_skene([_placed(one) for one in placed])
        found["dawid_skene"] = {
            name: _reliability(one, one.weight)
            for name in fit.confusions
            if (one := fit.reliability(name)).n >= FEWEST_CHOICES
        }
    preferences = [preference for one in choices for preference in _preferences(one)]
    if preferences:
        counts: dict[str, int] = defaultdict(int)
        for preference in preferences:
            counts[preference.annotator] += 1
        found["crowd_bt"] = {
            name: _reliability(Reliability(eta, counts[name]), weight_of(eta))
            for name, eta in crowd_bt(preferences).items()
            if counts[name] >= FEWEST_CHOICES
        }
    return found


def weights_of(found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, float]]:
    """The weight of each annotator's votes, by method."""
    return {
        method: {name: figures["weight"] for name, figures in people.items()}
        for method, people in found.items()
    }


def _reliability(found: Reliability, weight: float) -> dict[str, Any]:
    """Wilson's interval: narrower than the truth where the consensus itself is unsure."""
    known = share(found.accuracy * found.n, found.n)
    return {
        "value": found.accuracy,
        "low": known.low,
        "high": known.high,
        "n": found.n,
        "weight": round(weight, 4),
    }


def _plain(found: Biases) -> dict[str, Any]:
    body = asdict(found)
    return body | {"streak_chance": round(found.streak_chance, 6)}


def _choice(one: Answered) -> Choice | None:
    if one.order is None or one.chosen is None or one.chosen not in one.order:
        return None
    others = [length for n, length in enumerate(one.lengths) if n != one.chosen]
    if not others:
        return None
    return Choice(
        place=list(one.order).index(one.chosen) + 1,
        places=len(one.order),
        chosen_length=one.lengths[one.chosen],
        other_length=round(sum(others) / len(others)),
        seconds=one.seconds,
    )


def _placed(one: Answered) -> Placed:
    turned = one.order is not None and list(one.order) == [1, 0]
    return Placed(one.item, one.annotator, one.place or "neither", turned)


def _preferences(one: Answered) -> Iterator[Preference]:
    """The chosen one over each of the others."""
    if one.chosen is None or one.chosen >= len(one.completions):
        return
    better = one.completions[one.chosen]
    for worse in one.completions:
        if worse != better:
            yield Preference(one.annotator, better, worse)
