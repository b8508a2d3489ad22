"""Willingness to pay: what is refused, what an answer amounts to, the draw, and the end of a session."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any

import pytest
from pydantic import ValidationError

from feedback.errors import InvalidInput
from feedback.evidence import Candidate, Context, Score, from_json, to_json
from feedback.kinds import get_kind
from feedback.kinds.base import Ask, Round

KIND = get_kind("willingness_to_pay")
CANDIDATES = [Candidate(1, "Four."), Candidate(2, "Five.")]
CONTEXT = Context(judgment=1, item=1, kind=KIND.name, prompt=({"role": "user", "content": "?"},))
RISING = ["0.50", "1.00", "1.50", "2.00", "2.50", "3.00", "3.50", "4.00", "4.50", "5.00"]


def asked(**settings: Any) -> Ask[Any]:
    return KIND.ask(CANDIDATES, settings)


def listed(*paid: str, preferred: str = "first", prices: list[str] = RISING) -> dict[str, Any]:
    choices = [{"price": price, "pay": price in paid} for price in prices]
    return {"preferred": preferred, "choices": choices}


def said(amount: str | None, preferred: str = "first") -> dict[str, Any]:
    return {"preferred": preferred, "amount": amount}


def score(payload: dict[str, Any], ask: Ask[Any]) -> Score:
    (found,) = KIND.evidence(KIND.parse(payload, ask), ask, CONTEXT)
    assert isinstance(found, Score)
    assert from_json(to_json(found)) == found
    return found


@pytest.mark.parametrize(
    "amount",
    [
        "NaN",
        "Infinity",
        "-1",
        "+1",
        "1e1",
        "1.",
        ".5",
        "01",
        "1,50",
        " 1",
        "1\n",
        "٣",
        2.5,
        True,
        [],
    ],
)
def test_what_is_no_amount_is_refused(amount: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        KIND.parse({"preferred": "first", "amount": amount}, asked())
    assert refused.value.code == "invalid_answer"
    assert refused.value.details[0]["where"] == "amount"


@pytest.mark.parametrize(
    ("settings", "payload", "message"),
    [
        ({}, said("5.10"), "5.10 USD is above the endowment of 5.00 USD."),
        ({"cap": "2.00"}, said("2.10"), "2.10 USD is above the highest amount, 2.00 USD."),
        ({}, said("2.55"), "2.55 is not a multiple of 0.10 USD."),
        ({}, said(None), "Say the most that you would pay; 0 if nothing."),
        ({}, said("1.00", "equal"), "Where both are equal the amount is 0."),
        ({}, listed("0.50"), "No price list is asked here: send an amount."),
        ({"mechanism": "price_list"}, said("1.00"), "A price list is asked here"),
        ({"mechanism": "price_list"}, listed(prices=RISING[:-1]), "One choice is needed for each"),
        ({"mechanism": "price_list"}, listed(prices=[*RISING[1:], "0.50"]), "in the order shown"),
        ({"mechanism": "price_list"}, listed("1.00"), "You refuse a price and pay a higher one"),
        ({"mechanism": "price_list"}, listed("0.50", preferred="equal"), "no price is paid"),
    ],
)
def test_what_does_not_fit_says_why(
    settings: dict[str, Any], payload: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        KIND.parse(payload, asked(**settings))
    assert any(message in detail["message"] for detail in refused.value.details)


@pytest.mark.parametrize(
    "settings",
    [
        {"cap": "6.00"},
        {"step": "0"},
        {"step": "0.30"},
        {"step": "5.00"},
        {"currency": "usd"},
        {"mechanism": "open", "paid": True},
        {"prices": ["2.00", "1.00"]},
        {"prices": ["1.00", "1.00"]},
        {"prices": ["1.00", "5.10"]},
        {"prices": ["1.00", "1.05"]},
        {"endowment": 2.5},
        {"comprehension": [{"text": "?", "options": ["a", "b"], "correct": 2}]},
        {"practice": [{"prompt": "?", "completions": ["a"]}]},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        asked(**settings)


def test_the_default_list_lies_on_the_grid() -> None:
    assert list(asked().settings.rising) == RISING
    assert asked(endowment="7", step="1").settings.rising == ("1", "2", "3", "4", "5", "6", "7")
    assert asked(cap="0.30").settings.rising == ("0.10", "0.20", "0.30")


@pytest.mark.parametrize(
    ("settings", "payload", "expected", "words"),
    [
        ({}, said("2.5"), (2.5, 2.5, 2.5), "A by 2.50 USD (hypothetical)"),
        ({}, said("0"), (0, 0, 0), "A by 0.00 USD (hypothetical)"),
        ({}, said("5.00"), (5, 5, math.inf), "A by at least 5.00 USD (hypothetical)"),
        ({}, said("5.00", "second"), (-math.inf, -5, -5), "B by at least 5.00 USD (hypothetical)"),
        ({"paid": True}, said("1.20", "second"), (-1.2, -1.2, -1.2), "B by 1.20 USD"),
        ({}, said(None, "equal"), (0, 0, 0), "no difference (hypothetical)"),
        (
            {"mechanism": "price_list", "paid": True},
            listed("0.50", "1.00"),
            (1, 1.25, 1.5),
            "A by 1.00 to 1.50 USD",
        ),
        (
            {"mechanism": "price_list"},
            listed(*RISING, preferred="second", prices=RISING[::-1]),
            (-math.inf, -5, -5),
            "B by at least 5.00 USD (hypothetical)",
        ),
        (
            {"mechanism": "price_list"},
            listed(),
            (0, 0.25, 0.5),
            "A by 0.00 to 0.50 USD (hypothetical)",
        ),
        (
            {"mechanism": "price_list", "single_switching": "flag"},
            listed("0.50", "2.00"),
            (0.5, 1.5, 2.5),
            "A by 0.50 to 2.50 USD (hypothetical)",
        ),
        (
            {"mechanism": "price_list"},
            said(None, "equal"),
            (0, 0, 0),
            "no difference (hypothetical)",
        ),
    ],
)
def test_evidence_and_words(
    settings: dict[str, Any],
    payload: dict[str, Any],
    expected: tuple[float, float, float],
    words: str,
) -> None:
    ask = asked(**settings)
    found = score(payload, ask)
    assert (found.low, found.value, found.high) == expected
    assert found.unit == ("USD" if ask.settings.paid else "USD hypothetical")
    assert (found.completion.id, found.other and found.other.id) == (1, 2)
    answer = KIND.parse(payload, ask)
    assert KIND.describe(answer, ask) == words
    assert KIND.agreement_value(answer) == expected[1]


def test_a_form_without_a_script_may_say_equal() -> None:
    rows = [{"price": price} for price in RISING]
    fields = {"preferred": "equal", "amount": "", "choices": rows, "reason": ""}
    answer = KIND.parse(fields, asked(mechanism="price_list"))
    assert answer.choices == ()


def test_the_outcome_keeps_the_flags_and_the_grid() -> None:
    ask = asked(mechanism="price_list", single_switching="flag")
    outcome = KIND.outcome(KIND.parse(listed("2.00", prices=RISING[::-1]), ask), ask, None)
    assert outcome["inconsistent"] is True
    assert outcome["at_cap"] is False
    assert outcome["grid"] == {"prices": RISING[::-1]}
    assert outcome["hypothetical"] is True
    assert (outcome["low"], outcome["high"]) == ("0.00", "2.50")


def test_nothing_is_drawn_without_a_session() -> None:
    ask = asked()
    assert "draw" not in KIND.outcome(KIND.parse(said("1.00"), ask), ask, None)


def test_bdm_buys_at_prices_not_above_the_amount_and_pays_the_price() -> None:
    ask = asked(endowment="1.00", step="0.10", cap="0.50")
    answer = KIND.parse(said("0.20", "second"), ask)
    for seed in range(200):
        draw = KIND.outcome(answer, ask, random.Random(seed))["draw"]
        assert draw["buys"] is (draw["price"] in ("0.00", "0.10", "0.20"))
        assert draw["gets"] == (1 if draw["buys"] else 0)
        assert draw["pays"] == (draw["price"] if draw["buys"] else "0.00")
        assert float(draw["keeps"]) == pytest.approx(1 - float(draw["pays"]))


def test_the_price_is_uniform_on_the_grid_whatever_was_said() -> None:
    ask = asked(endowment="1.00")
    for amount in ("0", "0.50", "1.00"):
        answer = KIND.parse(said(amount), ask)
        prices = Counter(
            KIND.outcome(answer, ask, random.Random(f"{seed}/{amount}"))["draw"]["price"]
            for seed in range(11_000)
        )
        assert set(prices) == {f"{n / 10:.2f}" for n in range(11)}
        # Each of 11 prices is expected 1000 times; 5 standard deviations are 151.
        assert all(abs(count - 1000) < 151 for count in prices.values()), prices


def test_truth_is_the_best_thing_to_say() -> None:
    """Over all prices nobody earns more than by saying what it is worth: here 0.30."""
    worth, ask = 0.30, asked(endowment="1.00")

    def payoff(amount: str) -> float:
        answer, total = KIND.parse(said(amount), ask), 0.0
        for seed in range(3000):  # the same draws for every amount
            draw = KIND.outcome(answer, ask, random.Random(seed))["draw"]
            total += float(draw["keeps"]) + (worth if draw["buys"] else 0)
        return total

    truth = payoff("0.30")
    assert all(payoff(f"{n / 10:.2f}") <= truth + 1e-6 for n in range(11))


def session(payloads: list[dict[str, Any]], **settings: Any) -> list[Round]:
    ask = asked(**settings)
    chance = random.Random(7) if ask.settings.mechanism == "bdm" else None
    rounds = []
    for n, payload in enumerate(payloads):
        answer = KIND.parse(payload, ask)
        outcome = KIND.outcome(answer, ask, chance)
        rounds.append(Round(n + 10, n, "anna", answer, ask, outcome, "2026-01-01T00:00:00Z"))
    return rounds


def test_one_bdm_round_is_paid_with_the_draw_that_was_shown() -> None:
    rounds = session([said("1.00"), said("4.00", "second"), said(None, "equal")], paid=True)
    paid: Counter[int] = Counter()
    for seed in range(3000):
        result = KIND.close_session(rounds, random.Random(seed))
        one = result["paid"]
        paid[one["number"]] += 1
        draw = rounds[one["number"] - 1].outcome["draw"]
        assert {name: one[name] for name in draw} == draw
        assert one["judgment"] == 9 + one["number"]
    assert set(paid) == {1, 2, 3}
    assert all(abs(count - 1000) < 130 for count in paid.values()), paid


def test_every_row_of_a_price_list_may_bind_the_last_one_too() -> None:
    rounds = session([listed("0.50", "1.00")], mechanism="price_list", paid=True)
    results = [KIND.close_session(rounds, random.Random(seed))["paid"] for seed in range(2000)]
    assert Counter(r["price"] for r in results).keys() == set(RISING)
    for result in results:
        assert result["buys"] is (result["price"] in ("0.50", "1.00"))
        assert result["gets"] == (0 if result["buys"] else 1)


def test_nothing_is_paid_where_it_is_hypothetical_or_empty() -> None:
    hypothetical = KIND.close_session(session([said("1.00")]), random.Random(1))
    assert hypothetical == {"rounds": 1, "hypothetical": True, "paid": None}
    assert KIND.close_session([], random.Random(1))["paid"] is None


@pytest.mark.parametrize("mechanism", ["bdm", "price_list", "open"])
@pytest.mark.parametrize("paid", [False, True])
def test_the_gate_speaks_of_these_settings(mechanism: str, paid: bool) -> None:
    if mechanism == "open" and paid:
        return
    settings = asked(
        mechanism=mechanism, currency="EUR", endowment="8", step="1", cap="6", paid=paid
    ).settings
    gate = KIND.gate(settings)
    assert gate is not None
    assert "8 EUR" in gate.introduction
    assert ("hypothetical" in gate.introduction) is not paid
    assert len(gate.questions) >= 2
    assert len(gate.practice) == 2
    assert all(question.correct < len(question.options) for question in gate.questions)
    assert all(question.why for question in gate.questions)
    assert "USD" not in repr(gate)


def test_the_owner_may_ask_other_questions_or_none() -> None:
    own = [{"text": "Ready?", "options": ["yes", "no"], "correct": 0, "why": ""}]
    gate = KIND.gate(asked(comprehension=own).settings)
    assert gate is not None
    assert [question.text for question in gate.questions] == ["Ready?"]
    assert KIND.gate(asked(gate=False).settings) is None
