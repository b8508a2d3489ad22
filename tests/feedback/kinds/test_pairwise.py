"""Pairwise: choices, aspects and reasons, and the comparisons that they amount to."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.evidence import Comparison
from tests.feedback.kinds.asking import CONTEXT, TWO, Asked, refused_settings

ASPECTS = {"aspects": ["helpful", "harmless"]}


@pytest.mark.parametrize(
    ("payload", "words", "chosen", "strength"),
    [
        ({"choice": "first"}, "A, slightly better", 0, 1.0),
        ({"choice": "second", "strength": "3"}, "B, much better", 1, 3.0),
        ({"choice": "tie", "strength": 2}, "tie", None, 0.0),
        ({"choice": "both_bad"}, "both bad", None, 0.0),
    ],
)
def test_a_choice_is_a_comparison(
    payload: dict[str, Any], words: str, chosen: int | None, strength: float
) -> None:
    asked = Asked("pairwise")
    assert asked.describe(payload) == words
    assert asked.kind.chosen(asked.parse(payload)) == chosen
    assert asked.kind.agreement_value(asked.parse(payload)) == payload["choice"]
    first, second = TWO
    assert asked.evidence(payload) == [
        Comparison(
            context=CONTEXT,
            first=first,
            second=second,
            outcome=payload["choice"],
            strength=strength,
        )
    ]


def test_each_aspect_said_is_a_comparison_of_its_own() -> None:
    asked = Asked("pairwise", TWO, ASPECTS)
    told = {"choice": "first", "strength": 3, "aspects": {"helpful": "second", "harmless": "tie"}}
    found = [(r.aspect, r.outcome, r.strength) for r in asked.evidence(told)]  # type: ignore[union-attr]
    assert found == [(None, "first", 3.0), ("harmless", "tie", 0.0), ("helpful", "second", 1.0)]
    open_one = {"choice": "first", "aspects": {"helpful": "", "harmless": "first"}}
    assert [r.aspect for r in asked.evidence(open_one)] == [None, "harmless"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("settings", "payload", "problem"),
    [
        ({}, {}, ("choice", "Field required")),
        (
            {},
            {"choice": "third"},
            ("choice", "Input should be 'first', 'second', 'tie' or 'both_bad'"),
        ),
        (
            {},
            {"choice": "first", "strength": 4},
            ("strength", "Input should be less than or equal to 3"),
        ),
        (
            {},
            {"choice": "first", "strength": True},
            ("strength", "a whole number is needed, not true or false"),
        ),
        (
            {},
            {"choice": "first", "strength": float("nan")},
            ("strength", "Input should be a finite number"),
        ),
        (
            {"both_bad": False},
            {"choice": "both_bad"},
            ("pairwise", "Both bad cannot be said here; choose first, second or tie."),
        ),
        (
            {"reason": "required"},
            {"choice": "first", "reason": " \n"},
            ("pairwise", "A reason is required; write one."),
        ),
        (
            {"reason": "off"},
            {"choice": "first", "reason": "so"},
            ("pairwise", "No reason is asked for; leave it out."),
        ),
        (
            {},
            {"choice": "first", "reason": "x" * 10_001},
            ("reason", "String should have at most 10000 characters"),
        ),
        (
            {},
            {"choice": "first", "aspects": {"helpful": "first"}},
            ("pairwise", "There is no aspect 'helpful' here; asked are: none."),
        ),
        (
            ASPECTS,
            {"choice": "first", "aspects": {"truthful": "first"}},
            ("pairwise", "There is no aspect 'truthful' here; asked are: helpful, harmless."),
        ),
        (
            ASPECTS,
            {"choice": "first", "aspects": {"helpful": "both_bad"}},
            ("aspects.helpful", "Input should be 'first', 'second' or 'tie'"),
        ),
    ],
)
def test_what_does_not_fit_is_named(
    settings: dict[str, Any], payload: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert Asked("pairwise", TWO, settings).refused(payload) == [problem]


def test_a_required_reason_can_be_given() -> None:
    Asked("pairwise", TWO, {"reason": "required"}).parse({"choice": "tie", "reason": "equal"})


@pytest.mark.parametrize("name", ["Helpful", "", "1st", "a b", "a.b", "a" * 41, "helpful\n"])
def test_an_aspect_is_part_of_a_field_name(name: str) -> None:
    assert "String should match pattern" in refused_settings("pairwise", {"aspects": [name]})


def test_an_aspect_is_named_once() -> None:
    told = refused_settings("pairwise", {"aspects": ["helpful", "helpful"]})
    assert "each aspect is named once" in told
