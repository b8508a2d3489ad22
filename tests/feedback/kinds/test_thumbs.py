"""Thumbs: verdicts with tags of their direction."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.evidence import Verdict
from tests.feedback.kinds.asking import CONTEXT, TWO, Asked, refused_settings

UP = {"completion": 0, "desirable": "true", "tags": ["correct", "clear"]}
DOWN = {"completion": 1, "desirable": False, "tags": ["wrong"], "reason": "It is four."}


def test_a_thumb_is_a_verdict() -> None:
    asked = Asked("thumbs")
    payload = {"thumbs": [DOWN, UP]}
    first, second = TWO
    assert asked.evidence(payload) == [
        Verdict(context=CONTEXT, completion=first, desirable=True),
        Verdict(context=CONTEXT, completion=second, desirable=False),
    ]
    assert asked.describe(payload) == "up (correct, clear), down (wrong)"
    assert asked.kind.agreement_value(asked.parse(payload)) == "+-"
    assert asked.kind.chosen(asked.parse(payload)) is None


def test_an_answer_without_tags_is_good_as_before() -> None:
    payload = {"thumbs": [{"completion": n, "desirable": False} for n in range(2)]}
    assert Asked("thumbs").describe(payload) == "down, down"


@pytest.mark.parametrize(
    ("settings", "changes", "problem"),
    [
        ({}, {"desirable": "perhaps"}, ("thumbs.1.desirable", "Input should be a valid boolean")),
        (
            {},
            {"tags": ["clear"]},
            (
                "thumbs",
                "There is no tag 'clear' for a thumb down; offered are: "
                "wrong, off the point, unclear, too long, incomplete, harmful.",
            ),
        ),
        (
            {"tags_down": []},
            {},
            ("thumbs", "There is no tag 'wrong' for a thumb down; offered are: none."),
        ),
        (
            {},
            {"tags": ["wrong", "wrong"]},
            ("thumbs", "A tag of completion 1 is given twice; give it once."),
        ),
        (
            {},
            {"reason": "x" * 10_001},
            ("thumbs.1.reason", "String should have at most 10000 characters"),
        ),
    ],
)
def test_what_does_not_fit_is_named(
    settings: dict[str, Any], changes: dict[str, Any], problem: tuple[str, str]
) -> None:
    told = Asked("thumbs", TWO, settings).refused({"thumbs": [UP, {**DOWN, **changes}]})
    assert told[0][0] == problem[0]
    assert told[0][1].startswith(problem[1])
    assert len(told) == 1


def test_a_reason_can_be_required_or_off() -> None:
    payload = {"thumbs": [UP, DOWN]}
    required = "A reason for completion 0 is required; write one."
    assert Asked("thumbs", TWO, {"reason": "required"}).refused(payload) == [("thumbs", required)]
    off = "No reason for completion 1 is asked for; leave it out."
    assert Asked("thumbs", TWO, {"reason": "off"}).refused(payload) == [("thumbs", off)]


def test_tags_are_short_texts_named_once() -> None:
    assert "each tag is named once" in refused_settings("thumbs", {"tags_up": ["good", "good "]})
    assert "at least 1 character" in refused_settings("thumbs", {"tags_up": [" "]})
    assert "at most 40 characters" in refused_settings("thumbs", {"tags_down": ["x" * 41]})
