"""What was changed in a text, word by word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, takewhile
from typing import Literal

COSTLIEST = 300_000  # pairs of equal tokens that may be compared
# Words with the space before them (spaces of their own would all be equal pairs), then lines.
TOKENS = (re.compile(r"\s*(?:\w+|[^\w\s])|\s+"), re.compile(r"[^\n]*\n|[^\n]+"))

Operation = Literal["same", "insert", "delete"]


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of text that stayed, was put in, or was left out."""

    op: Operation
    text: str


def word_changes(before: str, after: str) -> list[Change]:
    """From one text to the other; line by line, or as a whole, where words would take too long.

    Line ends do not count: browsers rewrite them.
    """
    before, after = (text.replace("\r\n", "\n") for text in (before, after))
    for pattern in TOKENS:
        old, new = pattern.findall(before), pattern.findall(after)
        if _cost(old, new) <= COSTLIEST:
            return list(_joined(_compared(old, new)))
    return list(_replaced(before, after))


def _cost(old: Sequence[str], new: Sequence[str]) -> int:
    there = Counter(new)
    return sum(count * there[token] for token, count in Counter(old).items())


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            yield Change("same", "".join(old[i:j]))
        else:
            yield from _replaced("".join(old[i:j]), "".join(new[k:m]))


def _replaced(old: str, new: str) -> Iterator[Change]:
    """The space that both begin with stays."""
    pairs = zip(old, new, strict=False)
    space = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1] and pair[0].isspace(), pairs))
    parts: tuple[tuple[Operation, str], ...] = (
        ("same", old[:space]),
        ("delete", old[space:]),
        ("insert", new[space:]),
    )
    yield from (Change(op, text) for op, text in parts if text)


def _joined(changes: Iterable[Change]) -> Iterator[Change]:
    for op, run in groupby(changes, key=lambda change: change.op):
        yield Change(op, "".join(change.text for change in run))
