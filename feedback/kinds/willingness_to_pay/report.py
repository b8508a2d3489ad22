"""The figures of the owner's report, for each unit by itself: hypothetical money is not mixed with real."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from feedback.intervals import wilson
from feedback.kinds.base import Round
from feedback.kinds.willingness_to_pay.answers import WtpSettings
from feedback.kinds.willingness_to_pay.charts import histogram
from feedback.kinds.willingness_to_pay.mechanisms import signed, worth

FEW = 3  # answers, below which nothing is said about one annotator
CONTRADICTORY = 0.2  # the share of answers against one's own pairwise choices that is worth a look


@dataclass(frozen=True, slots=True)
class Said:
    """What the figures need of a round; the round itself, with its texts, is let go."""

    annotator: str
    item: int
    amount: Decimal
    value: float  # signed, first over second
    point: bool  # an amount, not an interval
    equal: bool
    at_cap: bool
    inconsistent: bool
    seconds: float | None
    agrees: bool | None  # with the sign of this annotator's pairwise answer, where both have one
    settings: WtpSettings


def figures(rounds: Iterable[Round]) -> dict[str, Any]:
    """`{"answers": n, "units": [...]}`; one entry a unit, the one with most answers first. JSON."""
    units: dict[str, list[Said]] = defaultdict(list)
    for one in rounds:
        units[one.ask.settings.unit].append(_said(one))
    ordered = sorted(units.items(), key=lambda pair: -len(pair[1]))
    return {
        "answers": sum(len(said) for said in units.values()),
        "units": [_unit(unit, said) for unit, said in ordered],
    }


def _said(one: Round) -> Said:
    found = worth(one.answer, one.ask.settings)
    value = signed(one.answer, found.value)
    pairwise = (one.others or {}).get("pairwise")
    sign = {"first": 1, "second": -1}.get(getattr(pairwise, "choice", ""))
    return Said(
        annotator=one.annotator,
        item=one.item,
        amount=found.value,
        value=value,
        point=not one.answer.choices,
        equal=one.answer.preferred == "equal",
        at_cap=bool(one.outcome.get("at_cap", found.high is None)),
        inconsistent=bool(one.outcome.get("inconsistent", False)),
        seconds=one.seconds,
        agrees=None if sign is None or value == 0 else value * sign > 0,
        settings=one.ask.settings,
    )


def _unit(unit: str, said: Sequence[Said]) -> dict[str, Any]:
    amounts = [float(one.amount) for one in said]
    annotators = _annotators(said)
    return {
        "unit": unit,
        "hypothetical": not said[0].settings.paid,
        "currency": said[0].settings.currency,
        "answers": len(said),
        "annotators": annotators,
        "mean": statistics.fmean(amounts),
        "median": statistics.median(amounts),
        "histogram": histogram(amounts, float(max(one.settings.ceiling for one in said))),
        "zero": _share(one.amount == 0 for one in said),
        "equal": _share(one.equal for one in said),
        "at_cap": _share(one.at_cap for one in said),
        "inconsistent": _share(one.inconsistent for one in said),
        "heaping": [_heaping(said, Decimal(1), "whole units"), _heaping(said, Decimal(5), "fives")],
        "seconds": _times(said),
        "retest": _retest(said),
        "agreement": _share(one.agrees for one in said if one.agrees is not None),
        "doubtful": [row["annotator"] for row in annotators if row["doubts"]],
    }


def _share(truths: Iterable[bool]) -> dict[str, Any]:
    """How many of how many, as a share with its 95 % interval (Wilson); None of nothing."""
    found = list(truths)
    n, k = len(found), sum(found)
    if not n:
        return {"count": 0, "of": 0, "share": None, "low": None, "high": None}
    low, high = wilson(k / n, n)
    return {"count": k, "of": n, "share": k / n, "low": low, "high": high}


def _heaping(said: Sequence[Said], unit: Decimal, label: str) -> dict[str, Any]:
    """How many amounts above 0 are multiples of `unit`, and how many would be if all steps were equally likely."""
    points = [one for one in said if one.point and one.amount > 0]
    expected = [_multiples(one.settings, unit) / one.settings.steps for one in points]
    return {
        "label": label,
        **_share(one.amount % unit == 0 for one in points),
        "expected": statistics.fmean(expected) if expected else None,
    }


def _multiples(settings: WtpSettings, unit: Decimal) -> int:
    """How many multiples of `unit` above 0 lie on the grid: those of the least common multiple."""
    scale = 10 ** max(settings.decimals, 4)
    common = math.lcm(int(settings.step * scale), int(unit * scale))
    return int(settings.ceiling * scale) // common


def _times(said: Sequence[Said]) -> dict[str, Any] | None:
    seconds = sorted(one.seconds for one in said if one.seconds is not None)
    if not seconds:
        return None
    return {
        "of": len(seconds),
        "median": statistics.median(seconds),
        "p10": seconds[len(seconds) // 10],
        "p90": seconds[min(len(seconds) - 1, len(seconds) * 9 // 10)],
    }


def _retest(said: Sequence[Said]) -> dict[str, Any]:
    """The first two answers of the same annotator to the same question, repeated."""
    answers: dict[tuple[str, int], list[float]] = defaultdict(list)
    for one in said:
        answers[one.annotator, one.item].append(one.value)
    pairs = [(values[0], values[1]) for values in answers.values() if len(values) > 1]
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    return {
        "pairs": len(pairs),
        "correlation": _correlation(first, second),
        "difference": statistics.fmean(abs(a - b) for a, b in pairs) if pairs else None,
    }


def _correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Pearson's r; None from fewer than three pairs, or where one side never changes."""
    if len(first) < FEW or len(set(first)) < 2 or len(set(second)) < 2:
        return None
    return statistics.correlation(first, second)


def _annotators(said: Sequence[Said]) -> list[dict[str, Any]]:
    by_annotator: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        by_annotator[one.annotator].append(one)
    rows = [_annotator(name, own) for name, own in by_annotator.items()]
    return sorted(rows, key=lambda row: (-row["answers"], row["annotator"]))


def _annotator(name: str, said: Sequence[Said]) -> dict[str, Any]:
    amounts = [float(one.amount) for one in said]
    agreement = _share(one.agrees for one in said if one.agrees is not None)
    constant = len(said) >= FEW and len(set(amounts)) == 1
    against = agreement["of"] >= FEW and 1 - agreement["share"] > CONTRADICTORY
    return {
        "annotator": name,
        "answers": len(said),
        "mean": statistics.fmean(amounts),
        "sd": statistics.stdev(amounts) if len(amounts) > 1 else None,
        "at_cap": sum(one.at_cap for one in said),
        "inconsistent": sum(one.inconsistent for one in said),
        "constant": constant,
        "agreement": agreement,
        "doubts": _doubts(constant, against),
    }


def _doubts(constant: bool, against: bool) -> list[str]:
    found = []
    if constant:
        found.append("always the same amount")
    if against:
        found.append("often against the pairwise choice")
    return found
