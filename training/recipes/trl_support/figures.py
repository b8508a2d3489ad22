"""Figures of rewards on held-out pairs: by group, calibration and length, with intervals."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.metrics import (
    Estimate,
    brier,
    calibration_error,
    length_bias,
    log_loss,
    quartiles,
    reliability,
    share_by,
    tie_log_loss,
    wins,
)

Row = Mapping[str, Any]
Figures = dict[str, Any]


def as_json(estimate: Estimate | None) -> dict[str, Any] | None:
    """An estimate as plain data."""
    return estimate.as_json() if estimate else None


def prompt_keys(rows: Sequence[Row]) -> list[str]:
    """What tells the prompts of the rows apart."""
    return [json.dumps(row["prompt"], sort_keys=True) for row in rows]


def annotator_keys(rows: Sequence[Row]) -> list[str]:
    """Who judged each row; rows that do not say are one annotator's."""
    return [str(_about(row).get("annotator", "")) for row in rows]


def accuracy_by(deltas: Sequence[float], pairs: Sequence[Row]) -> Figures:
    """How often chosen is above rejected, by `tag`, `annotator`, `strength` and `length`.

    Lengths are the mean words of both answers, in quarters. A way of grouping with fewer than two
    groups is left out.
    """
    right = wins(deltas, [0.0] * len(deltas))
    keys, people = prompt_keys(pairs), annotator_keys(pairs)
    found = {
        name: share_by(right, keys, people, groups(pairs)) for name, groups in GROUPINGS.items()
    }
    return {
        "accuracy_by": {
            name: {group: e.as_json() for group, e in shares.items()}
            for name, shares in found.items()
            if len(shares) > 1
        }
    }


def calibration(
    deltas: Sequence[float], pairs: Sequence[Row], tied: Sequence[float], ties: Sequence[Row]
) -> Figures:
    """Whether sigma(difference) is the probability of a preference: `ece`, `brier`, `log_loss` in nats,
    `tie_log_loss` where pairs were tied, and `reliability`, the bins of a plot.

    `deltas` are chosen minus rejected of `pairs`, `tied` first minus second of `ties`.
    """
    keys, people = prompt_keys(pairs), annotator_keys(pairs)
    bins = reliability(deltas)
    three_way = tie_log_loss(
        [*deltas, *tied],
        [*[False] * len(deltas), *[True] * len(tied)],
        [*keys, *prompt_keys(ties)],
        [*people, *annotator_keys(ties)],
    )
    return {
        "ece": calibration_error(bins),
        "brier": as_json(brier(deltas, keys, people)),
        "log_loss": as_json(log_loss(deltas, keys, people)),
        "tie_log_loss": as_json(three_way),
        "reliability": [b.as_json() for b in bins],
    }


def length(deltas: Sequence[float], pairs: Sequence[Row]) -> Figures:
    """Whether the reward pays for words: see `training.metrics.LengthBias`."""
    words = [float(_words(row["chosen"]) - _words(row["rejected"])) for row in pairs]
    bias = length_bias(deltas, words, prompt_keys(pairs), annotator_keys(pairs))
    return {
        "accuracy_shorter": as_json(bias.accuracy_shorter),
        "accuracy_longer": as_json(bias.accuracy_longer),
        "people_longer": as_json(bias.people_longer),
        "reward_longer": as_json(bias.reward_longer),
        "length_correlation": bias.correlation,
        "length_effect": bias.effect,
    }


def _by_tag(pairs: Sequence[Row]) -> list[Sequence[str]]:
    return [_about(row).get("tags", ()) for row in pairs]


def _by_annotator(pairs: Sequence[Row]) -> list[Sequence[str]]:
    return [[name] if name else [] for name in annotator_keys(pairs)]


def _by_strength(pairs: Sequence[Row]) -> list[Sequence[str]]:
    strengths = [_about(row).get("strength") for row in pairs]
    return [[] if strength is None else [f"{strength:g}"] for strength in strengths]


def _by_length(pairs: Sequence[Row]) -> list[Sequence[str]]:
    means = [(_words(row["chosen"]) + _words(row["rejected"])) / 2 for row in pairs]
    return [[name] for name in quartiles(means)]


GROUPINGS: dict[str, Callable[[Sequence[Row]], list[Sequence[str]]]] = {
    "tag": _by_tag,
    "annotator": _by_annotator,
    "strength": _by_strength,
    "length": _by_length,
}


def _about(row: Row) -> Mapping[str, Any]:
    found: Mapping[str, Any] = row.get("about") or {}
    return found


def _words(answer: Sequence[Mapping[str, str]]) -> int:
    return sum(len(message["content"].split()) for message in answer)
