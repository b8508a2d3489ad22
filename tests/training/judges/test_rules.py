"""Rules give answers the numbers that they say, and refuse what they cannot read."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.errors import InvalidInput
from training.judges import RULES, both_orders, parse_rule, question, rule_from_text, verdict


@pytest.mark.parametrize(
    ("rule", "answer", "reward"),
    [
        ({"name": "length", "low": 2, "high": 4}, "one two three", 1.0),
        ({"name": "length", "low": 4, "high": 8}, "one two", 0.5),
        ({"name": "length", "high": 2}, "one two three four", 0.5),
        ({"name": "length", "low": 1}, "", 0.0),
        ({"name": "pattern", "pattern": "^Of.*fine"}, "Of course!\nIt is fine.", 1.0),
        ({"name": "pattern", "pattern": "fine$"}, "fine?", 0.0),
        ({"name": "json"}, "[1, 2]", 1.0),
        ({"name": "json"}, "[1, 2", 0.0),
        ({"name": "json"}, "[" * 100_000, 0.0),
        ({"name": "json", "keys": ["a", "b"]}, '```json\n{"a": 1}\n```', 0.5),
        ({"name": "json", "keys": ["a"]}, '["a"]', 0.0),
    ],
)
def test_a_rule_gives_its_number(rule: dict[str, Any], answer: str, reward: float) -> None:
    assert parse_rule(rule).reward(answer) == reward


def test_the_same_result_is_the_last_number_or_the_whole_text() -> None:
    exact = parse_rule({"name": "exact"})
    assert exact.reward("2 and 2 make 1,004.", ["The answer is 1004"]) == 1.0
    assert exact.reward("It is 5, not 4.", ["5"]) == 0.0
    assert exact.reward("  PARIS ", ["Paris"]) == 1.0
    assert exact.reward("Paris", []) == 0.0


@pytest.mark.parametrize(
    ("name", "text", "fields"),
    [
        ("length", "20-80", {"low": 20, "high": 80}),
        ("length", " 50 ", {"low": 0, "high": 50}),
        ("length", "", {"low": 0, "high": 100}),
        ("pattern", "a|b", {"pattern": "a|b"}),
        ("json", "name, age", {"keys": ["name", "age"]}),
        ("exact", "", {}),
    ],
)
def test_a_rule_is_written_in_one_line(name: str, text: str, fields: dict[str, Any]) -> None:
    rule = rule_from_text(name, text)
    assert rule == {"name": name, **fields}
    assert rule_from_text(name, text) == {"name": name, **parse_rule(rule).model_dump(mode="json")}


@pytest.mark.parametrize(
    "payload",
    [
        {"name": "taste"},
        {},
        {"name": ["length"]},
        {"name": "length", "low": 9, "high": 3},
        {"name": "length", "colour": "red"},
        {"name": "pattern", "pattern": "("},
        {"name": "pattern", "pattern": "(((a{1000}){1000}){1000}){1000}"},
        {"name": "pattern"},
    ],
)
def test_what_is_no_rule_is_refused(payload: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_rule(payload)
    assert caught.value.code == "invalid_rule"
    assert caught.value.hint


def test_a_pattern_that_would_not_end_is_stopped() -> None:
    slow = parse_rule({"name": "pattern", "pattern": "^(a|aa)+$"})
    assert slow.reward("a" * 60) == 1.0
    with pytest.raises(InvalidInput) as caught:
        slow.reward("a" * 60 + "b")
    assert caught.value.code == "rule_too_slow"
    assert parse_rule({"name": "pattern", "pattern": r"^\d{4}-\d{2}-\d{1,500}$"})


def test_every_rule_says_how_it_is_written() -> None:
    assert all(rule.label and rule.typed for rule in RULES.values())


def test_a_judge_is_asked_and_read() -> None:
    [asked] = question([{"role": "user", "content": "Q {x}?"}], "one {0}", "the second")
    assert "user: Q {x}?" in asked["content"]
    assert asked["content"].index("one {0}") < asked["content"].index("the second")
    assert [verdict(reply) for reply in ("A", " b.", "**T**", "Answer B", "A is better")] == [
        *(1.0, 0.0, 0.5, 0.0, 1.0)
    ]
    assert [verdict(reply) for reply in ("", "A good one is B", "Both", "C")] == [None] * 4


def test_both_orders_cancel_a_liking_for_a_place() -> None:
    assert both_orders(1.0, 1.0) == 0.5  # always the first that is shown
    assert both_orders(1.0, 0.0) == 1.0
    assert both_orders(None, 0.0) == 1.0
    assert both_orders(None, None) is None
