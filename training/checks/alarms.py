"""What figures say of a policy that a training has spoilt, in sentences that nobody overlooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

FALL = 50.0  # nats an answer that a policy hardly loses without unlearning to write
LIKELIHOODS = {
    "chosen_logp_change": "The chosen answers",
    "desirable_logp_change": "The wanted answers",
}


def alarms(evaluation: Mapping[str, Any]) -> list[str]:
    """A sentence for each sign that the policy writes worse than the one that it comes from."""
    return [*_endings(evaluation), *_likelihoods(evaluation), *_wins(evaluation)]


def _endings(evaluation: Mapping[str, Any]) -> Iterator[str]:
    before, after = (evaluation.get(f"finished_{side}") or {} for side in ("before", "after"))
    if before and after and after["high"] < before["low"] and after["value"] < before["value"] / 2:
        yield (
            f"Answers no longer end by themselves: {_share(after)} do, and {_share(before)} did before "
            "the training. The policy may have unlearnt to write."
        )


def _likelihoods(evaluation: Mapping[str, Any]) -> Iterator[str]:
    for name, what in LIKELIHOODS.items():
        change = (evaluation.get(name) or {}).get("value") or 0.0
        if change < -FALL:
            yield (
                f"{what} fell by {-change:,.0f} nats each: an accuracy says little of a policy that "
                "no longer writes them."
            )


def _wins(evaluation: Mapping[str, Any]) -> Iterator[str]:
    wins = evaluation.get("win_rate") or {}
    if wins and wins["high"] < 0.5:
        yield f"The policy loses to the one that it comes from: it wins {_share(wins)} of the time."
    if unread := evaluation.get("unread_replies"):
        yield (
            f"{unread} replies of the judge on held-out prompts could not be read: wins near 50 % may "
            "mean no more than that."
        )


def _share(estimate: Mapping[str, Any]) -> str:
    return f"{100 * estimate['value']:.1f} %"
