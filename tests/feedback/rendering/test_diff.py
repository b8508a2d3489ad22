"""Texts compared word by word."""

from __future__ import annotations

import random
import time

import pytest

from feedback.rendering.diff import Change, word_changes


def told(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.op, change.text) for change in changes]


def test_words_are_left_out_and_put_in() -> None:
    assert told(word_changes("The cat sat on a mat.", "The dog sat on a mat, yes.")) == [
        ("same", "The "),
        ("delete", "cat"),
        ("insert", "dog"),
        ("same", " sat on a mat"),
        ("insert", ", yes"),
        ("same", "."),
    ]


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("", "", []),
        ("", "new", [("insert", "new")]),
        ("old", "", [("delete", "old")]),
        ("one\r\ntwo", "one\ntwo", [("same", "one\ntwo")]),
    ],
)
def test_ends(before: str, after: str, wanted: list[tuple[str, str]]) -> None:
    assert told(word_changes(before, after)) == wanted


def test_nothing_is_lost() -> None:
    chance = random.Random(1)
    for _ in range(300):
        before, after = ("".join(chance.choices("ab .\né", k=chance.randrange(30))) for _ in "12")
        changes = word_changes(before, after)
        assert "".join(c.text for c in changes if c.op != "insert") == before
        assert "".join(c.text for c in changes if c.op != "delete") == after


@pytest.mark.parametrize("text", ["a " * 50_000, "a\n" * 50_000, " " * 100_000, "a" * 100_000])
def test_hostile_texts_take_no_time(text: str) -> None:
    start = time.monotonic()
    changes = word_changes(text, text[:-2] + "b")
    assert time.monotonic() - start < 5
    assert "".join(change.text for change in changes if change.op != "insert") == text
