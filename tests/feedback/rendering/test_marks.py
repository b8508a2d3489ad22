"""Texts cut where their marks begin and end."""

from __future__ import annotations

import pytest

from feedback.rendering.marks import pieces


@pytest.mark.parametrize(
    ("spans", "wanted"),
    [
        ([], [("abcdef", ())]),
        ([(2, 4)], [("ab", ()), ("cd", (1,)), ("ef", ())]),
        ([(0, 6)], [("abcdef", (1,))]),
        ([(0, 3), (2, 6)], [("ab", (1,)), ("c", (1, 2)), ("def", (2,))]),
    ],
)
def test_pieces(spans: list[tuple[int, int]], wanted: list[tuple[str, tuple[int, ...]]]) -> None:
    assert [(piece.text, piece.spans) for piece in pieces("abcdef", spans)] == wanted


def test_a_text_without_characters() -> None:
    assert pieces("", []) == []
