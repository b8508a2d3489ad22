"""The owner's figures about willingness to pay, from rounds whose figures are known."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from feedback.evidence import Candidate
from feedback.kinds import get_kind
from feedback.kinds.base import Round

KIND = get_kind("willingness_to_pay")
CANDIDATES = [Candidate(1, "Four."), Candidate(2, "Five.")]


def one(
    amount: str | None,
    preferred: str = "first",
    *,
    annotator: str = "anna",
    item: int = 0,
    pairwise: str | None = None,
    seconds: float | None = None,
    **settings: Any,
) -> Round:
    ask = KIND.ask(CANDIDATES, settings)
    answer = KIND.parse({"preferred": preferred, "amount": amount}, ask)
    others = {"pairwise": SimpleNamespace(choice=pairwise)} if pairwise else None
    outcome = KIND.outcome(answer, ask, None)
    return Round(1, item, annotator, answer, ask, outcome, "", seconds, others)


def unit(*rounds: Round) -> dict[str, Any]:
    figures = KIND.report(rounds)
    json.dumps(figures)
    (only,) = figures["units"]
    return dict(only)


def test_money_and_hypothetical_money_are_not_mixed() -> None:
    figures = KIND.report([one("1.00"), one("2.00", paid=True), one("3.00", currency="EUR")])
    assert {u["unit"] for u in figures["units"]} == {"USD", "USD hypothetical", "EUR hypothetical"}
    assert figures["answers"] == 3


def test_shares_at_zero_and_at_the_cap() -> None:
    found = unit(one("0"), one(None, "equal"), one("5.00"), one("1.30"), one("2.00"))
    assert (found["zero"]["count"], found["zero"]["of"]) == (2, 5)
    assert (found["equal"]["count"], found["at_cap"]["count"]) == (1, 1)
    assert found["zero"]["low"] < 0.4 < found["zero"]["high"]
    assert sum(bar["count"] for bar in found["histogram"]) == 5
    assert found["histogram"][0]["count"] == 2
    assert found["histogram"][-1]["count"] == 1
    assert found["histogram"][5]["count"] == 1  # 1.30 lies in 1.25 to 1.50


def test_an_amount_on_a_border_belongs_to_the_bar_that_begins_there() -> None:
    bars = unit(*[one(f"{n / 10:.2f}", endowment="2.00") for n in range(20)])["histogram"]
    assert [bar["count"] for bar in bars] == [1] * 20


def test_heaping_is_told_beside_what_the_grid_would_give() -> None:
    whole, fives = unit(one("1.00"), one("5.00"), one("2.30"), one("0"))["heaping"]
    assert (whole["count"], whole["of"]) == (2, 3)
    assert whole["expected"] == pytest.approx(5 / 50)
    assert (fives["count"], fives["expected"]) == (1, pytest.approx(1 / 50))


def test_repeated_questions_are_correlated_within_an_annotator() -> None:
    pairs = [("1.00", "1.20"), ("2.00", "1.90"), ("4.00", "4.40"), ("0.50", "0.10")]
    rounds = []
    for item, (first, again) in enumerate(pairs):
        rounds += [one(first, item=item), one(again, item=item)]
    rounds.append(one("3.00", annotator="rita", item=0))  # somebody else's is no repeat
    retest = unit(*rounds)["retest"]
    assert retest["pairs"] == 4
    assert retest["correlation"] == pytest.approx(0.988, abs=0.005)
    assert retest["difference"] == pytest.approx((0.2 + 0.1 + 0.4 + 0.4) / 4)
    assert unit(one("1.00", item=1), one("1.20", item=1))["retest"]["correlation"] is None


def test_signs_are_compared_with_ones_own_pairwise_answers() -> None:
    found = unit(
        one("1.00", "first", pairwise="first"),
        one("1.00", "second", pairwise="first"),
        one("1.00", "second", pairwise="second"),
        one("1.00", "second", pairwise="tie"),
        one("0", "first", pairwise="first"),
    )["agreement"]
    assert (found["count"], found["of"]) == (2, 3)


def test_annotators_worth_a_look() -> None:
    rounds = [one("2.00", annotator="same", item=n) for n in range(4)]
    rounds += [one(f"{n}.00", annotator="fine", item=n, pairwise="first") for n in range(1, 5)]
    rounds += [one(f"{n}.00", annotator="turned", item=n, pairwise="second") for n in range(1, 5)]
    found = unit(*rounds)
    doubts = {row["annotator"]: row["doubts"] for row in found["annotators"]}
    assert doubts["fine"] == []
    assert doubts["same"] == ["always the same amount"]
    assert doubts["turned"] == ["often against the pairwise choice"]


def test_response_times() -> None:
    found = unit(*[one("1.00", seconds=float(n), item=n) for n in range(1, 12)])["seconds"]
    assert (found["of"], found["median"], found["p10"], found["p90"]) == (11, 6.0, 2.0, 10.0)
    assert unit(one("1.00"))["seconds"] is None
