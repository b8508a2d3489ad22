"""Critique: words on each completion, spans that quote what stands there, and rewrites."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.evidence import Critique
from tests.feedback.kinds.asking import CONTEXT, Asked, candidates

TEXT = "It is 👍🏽 five.\r\nOr e\u0301."
ONE = candidates(TEXT)


def quoting(quote: str, **more: Any) -> dict[str, Any]:
    """A span on the first place where the quote stands, counted in code points."""
    start = TEXT.index(quote)
    return {"start": start, "end": start + len(quote), "quote": quote, **more}


def remark(**fields: Any) -> dict[str, Any]:
    return {"critiques": [{"completion": 0, "text": "The number is wrong.", **fields}]}


def test_a_critique_keeps_its_spans_and_its_rewrite() -> None:
    asked = Asked("critique", ONE)
    payload = remark(spans=[quoting("five"), quoting("👍🏽")], rewrite="It is four.")
    (found,) = asked.evidence(payload)
    assert found == Critique(
        context=CONTEXT,
        completion=ONE[0],
        text="The number is wrong.",
        spans=((9, 13), (6, 8)),
        revision="It is four.",
    )
    assert asked.describe(payload) == "A: The number is wrong. (2 parts marked, rewritten)"
    assert asked.kind.agreement_value(asked.parse(payload)) is None


def test_notes_on_spans_are_lines_of_the_text() -> None:
    spans = [quoting("five", note="Four."), quoting("It")]
    (found,) = Asked("critique", ONE).evidence(remark(spans=spans))
    assert isinstance(found, Critique)
    assert found.text == "The number is wrong.\n“five”: Four."


@pytest.mark.parametrize(
    "quote", [TEXT, "👍", "🏽", "e", "\u0301", "\r\n", "five.\r\nOr", "It", "."]
)
def test_spans_are_counted_in_code_points(quote: str) -> None:
    (found,) = Asked("critique", ONE).evidence(remark(spans=[quoting(quote)]))
    assert isinstance(found, Critique)
    ((start, end),) = found.spans
    assert ONE[0].text[start:end] == quote


def test_a_browser_may_quote_line_ends_in_its_own_way() -> None:
    asked = Asked("critique", ONE)
    asked.parse(remark(spans=[{**quoting("five.\r\nOr"), "quote": "five.\nOr"}]))


def test_spans_may_overlap() -> None:
    spans = [quoting("is 👍🏽 five"), quoting("five."), quoting("five")]
    assert len(Asked("critique", ONE).evidence(remark(spans=spans))) == 1


END = len(TEXT)


@pytest.mark.parametrize(
    ("spans", "problem"),
    [
        (
            [{"start": 0, "end": END + 1, "quote": "x"}],
            f"Span 0 of completion 0 goes from 0 to {END + 1}; it must begin before it ends, "
            f"within the text's {END} characters.",
        ),
        (
            [quoting("It"), {"start": 3, "end": 3, "quote": "x"}],
            "Span 1 of completion 0 goes from 3 to 3; it must begin before it ends, "
            f"within the text's {END} characters.",
        ),
        (
            [{"start": 5, "end": 2, "quote": "x"}],
            "Span 0 of completion 0 goes from 5 to 2; it must begin before it ends, "
            f"within the text's {END} characters.",
        ),
        (
            # As a program counts that counts in UTF-16, where each emoji is two.
            [{"start": 11, "end": 15, "quote": "five"}],
            "Span 0 of completion 0 quotes “five”, but “ve.” stands there.",
        ),
        (
            [quoting("five"), quoting("five", note="again")],
            "A part of completion 0 is marked twice; mark it once.",
        ),
    ],
)
def test_a_span_that_is_not_there_is_named(spans: list[dict[str, Any]], problem: str) -> None:
    assert Asked("critique", ONE).refused(remark(spans=spans)) == [("critique", problem)]


@pytest.mark.parametrize(
    ("span", "where"),
    [
        ({"start": -1}, "start"),
        ({"start": True}, "start"),
        ({"end": float("nan")}, "end"),
        ({"quote": ""}, "quote"),
        ({"quote": None}, "quote"),
        ({"note": "x" * 10_001}, "note"),
    ],
)
def test_a_span_of_another_shape_is_named(span: dict[str, Any], where: str) -> None:
    ((found, _),) = Asked("critique", ONE).refused(remark(spans=[{**quoting("It"), **span}]))
    assert found == f"critiques.0.spans.0.{where}"


@pytest.mark.parametrize(
    ("settings", "fields", "problem"),
    [
        ({}, {"text": " \n"}, "The critique of completion 0 is blank; write it."),
        (
            {"spans": False},
            {"spans": [quoting("It")]},
            "Parts cannot be marked here; leave the spans out.",
        ),
        (
            {"rewrite": "required"},
            {"rewrite": " "},
            "A rewrite of completion 0 is required; write one.",
        ),
        (
            {"rewrite": "off"},
            {"rewrite": "Four."},
            "No rewrite of completion 0 is asked for; leave it out.",
        ),
        (
            {},
            {"rewrite": TEXT.replace("\r", "")},
            "The rewrite of completion 0 changes nothing; change it or leave it out.",
        ),
    ],
)
def test_what_does_not_fit_is_named(
    settings: dict[str, Any], fields: dict[str, Any], problem: str
) -> None:
    told = Asked("critique", ONE, settings).refused(remark(**fields))
    assert told == [("critique", problem)]


def test_texts_have_a_limit() -> None:
    long = "x" * 200_001
    asked = Asked("critique", ONE)
    assert asked.refused(remark(text=long))[0][0] == "critiques.0.text"
    assert asked.refused(remark(rewrite=long))[0][0] == "critiques.0.rewrite"
    assert asked.parse(remark(text=long[1:]))


def test_a_blank_rewrite_of_a_form_is_none() -> None:
    answer = Asked("critique", ONE).parse(remark(rewrite=""))
    assert answer.model_dump()["critiques"][0]["rewrite"] is None
