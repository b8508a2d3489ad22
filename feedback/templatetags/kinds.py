"""Filters of the kinds' templates: scales, tiers, marked passages and word differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template

from feedback.kinds.critique import Span
from feedback.kinds.rating import Aspect
from feedback.rendering.diff import Change, word_changes
from feedback.rendering.marks import Piece, pieces

register = template.Library()


@register.filter
def words(name: str) -> str:
    """A name of small letters, digits, - and _ as people write it: `good_style` is `Good style`."""
    return name.replace("_", " ").replace("-", " ").capitalize()


@register.filter
def side(choice: str) -> str:
    """A choice as a letter in stored order: `first` is A, `second` is B; a tie stays in words."""
    return {"first": "A", "second": "B"}.get(choice, choice.replace("_", " "))


@register.filter
def scores(aspect: Aspect) -> list[int]:
    """The whole numbers of an aspect's scale, the lowest first."""
    return list(range(aspect.low, aspect.high + 1))


@register.filter
def tiers(ranks: Sequence[int]) -> list[list[int]]:
    """Stored indices from the best rank to the last; equal ranks stand together."""
    return [[n for n, rank in enumerate(ranks) if rank == best] for best in sorted(set(ranks))]


@register.filter
def marked(text: str, spans: Sequence[Span]) -> list[Piece]:
    """The text in pieces, each with the numbers (from 1) of the spans that it lies in."""
    return pieces(text, [(span.start, span.end) for span in spans])


@register.filter
def changes(before: str, after: str) -> list[Change]:
    """What was left out of a text and put into it, word by word."""
    return word_changes(before, after)


@register.filter
def nth(values: Sequence[Any], index: int) -> Any:
    """The value at an index, from 0, that a template only knows by name."""
    return values[index]
