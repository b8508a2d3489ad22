"""Correction: a changed text is a revision, and what is called unchanged is."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.evidence import Critique
from tests.feedback.kinds.asking import CONTEXT, Asked, candidates

TWO = candidates("It is\r\nfive.", "It is four.")


def corrected(first: dict[str, Any], second: dict[str, Any] | None = None) -> dict[str, Any]:
    kept = {"text": "It is four.", "unchanged": True}
    return {"corrections": [{"completion": 0, **first}, {"completion": 1, **(second or kept)}]}


def test_a_changed_text_is_a_revision_and_an_unchanged_one_nothing() -> None:
    asked = Asked("correction", TWO)
    payload = corrected({"text": "It is\nfour."})
    assert asked.evidence(payload) == [
        Critique(context=CONTEXT, completion=TWO[0], text="", revision="It is\nfour.")
    ]
    assert asked.describe(payload) == "A corrected, B unchanged"
    assert asked.kind.agreement_value(asked.parse(payload)) == "~="


def test_line_ends_are_no_change() -> None:
    asked = Asked("correction", TWO)
    assert asked.evidence(corrected({"text": "It is\nfive.", "unchanged": "true"})) == []


@pytest.mark.parametrize(
    ("first", "problem"),
    [
        (
            {"text": "It is\nfive."},
            (
                "correction",
                "The text of completion 0 is as it was; correct it, or mark it as unchanged.",
            ),
        ),
        (
            {"text": "It is four.", "unchanged": True},
            (
                "correction",
                "The text of completion 0 was changed and marked as unchanged; "
                "take one of them back.",
            ),
        ),
        (
            {"text": " \n\t"},
            ("correction", "The text of completion 0 is blank; write how it should read."),
        ),
        (
            {"text": ""},
            ("corrections.0.text", "String should have at least 1 character"),
        ),
        (
            {"text": "x" * 200_001},
            ("corrections.0.text", "String should have at most 200000 characters"),
        ),
        ({}, ("corrections.0.text", "Field required")),
    ],
)
def test_what_does_not_fit_is_named(first: dict[str, Any], problem: tuple[str, str]) -> None:
    assert Asked("correction", TWO).refused(corrected(first)) == [problem]
