"""Texts of people and models: whether they can be stored, and how they are quoted; pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

DEEPEST = 100  # lists and objects within each other; recursive readers hold far more


class Flaw(Enum):
    """Why a value cannot be stored. The value is a sentence for people."""

    NUL = "A NUL character cannot be stored."
    SURROGATE = "Half a character (a lone surrogate) cannot be stored."
    DEPTH = f"It is nested too deeply: {DEEPEST} levels are read."


def flaw_of(value: Any) -> Flaw | None:
    """What keeps a text, or a value as JSON holds them, from being stored; None where nothing does."""
    pending = [(value, 0)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, str):
            flaw = _flaw_of_text(value)
            if flaw is not None:
                return flaw
        elif isinstance(value, Mapping | list | tuple):
            if depth >= DEEPEST:
                return Flaw.DEPTH
            inner = (*value.keys(), *value.values()) if isinstance(value, Mapping) else value
            pending.extend((one, depth + 1) for one in inner)
    return None


def is_storable(value: Any) -> bool:
    """Whether nothing keeps it from being stored."""
    return flaw_of(value) is None


def excerpt(text: str, longest: int = 60) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text[: 4 * longest].split())
    return line if len(line) <= longest and len(text) <= 4 * longest else f"{line[:longest]}…"


def _flaw_of_text(text: str) -> Flaw | None:
    if "\x00" in text:
        return Flaw.NUL
    try:
        text.encode()
    except UnicodeEncodeError:
        return Flaw.SURROGATE
    return None
