"""Demonstration: a text, long enough, whatever completions there are."""

from __future__ import annotations

import pytest

from feedback.evidence import Demonstration
from feedback.kinds import get_kind
from tests.feedback.kinds.asking import CONTEXT, Asked, refused_settings


def test_a_text_is_kept_as_it_was_written() -> None:
    asked = Asked("demonstration", [])
    payload = {"text": "  It is\nfour. 👍 " + "And so on. " * 20}
    assert asked.evidence(payload) == [Demonstration(context=CONTEXT, completion=payload["text"])]
    words = asked.describe(payload)
    assert words.startswith("It is four. 👍 And so on.")
    assert words.endswith("…")
    assert asked.kind.agreement_value(asked.parse(payload)) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ("text", "String should have at least 1 character")),
        (" \n", ("demonstration", "The text is blank; write the answer.")),
        (
            "  four     ",
            ("demonstration", "The text has 4 characters and needs at least 5; write more."),
        ),
        ("x" * 200_001, ("text", "String should have at most 200000 characters")),
        (4, ("text", "Input should be a valid string")),
    ],
)
def test_what_does_not_fit_is_named(text: object, problem: tuple[str, str]) -> None:
    asked = Asked("demonstration", [], {"fewest_characters": 5})
    assert asked.refused({"text": text}) == [problem]


def test_from_none_to_ten_completions() -> None:
    kind = get_kind("demonstration")
    allowed = [n for n in range(-1, 13) if kind.completions_problem(n) is None]
    assert allowed == list(range(11))


@pytest.mark.parametrize("fewest", [0, 10_001, True])
def test_the_shortest_text_has_bounds(fewest: int) -> None:
    assert "fewest_characters" in refused_settings("demonstration", {"fewest_characters": fewest})
