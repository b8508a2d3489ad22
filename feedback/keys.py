"""The keys of the judging screen: what each does, which key that is at first, and a person's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from feedback.errors import InvalidInput

NAMED = {
    "Enter", "Backspace", "Delete", "Insert", "Home", "End", "PageUp", "PageDown",
    "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown",
}  # fmt: skip
FUNCTION = re.compile(r"F([1-9]|1[0-2])")
GLYPHS = {"ArrowLeft": "←", "ArrowRight": "→", "ArrowUp": "↑", "ArrowDown": "↓", "Backspace": "⌫"}


@dataclass(frozen=True, slots=True)
class Action:
    """Something a key does. Scripts know it by its first key, the canonical one."""

    name: str
    label: str
    key: str


ACTIONS = (
    Action("submit", "Submit the answer", "Enter"),
    Action("skip", "Skip the item", "s"),
    Action("previous", "The last answer, to change it or take it back", "ArrowLeft"),
    Action("next", "Back to the item that is open", "ArrowRight"),
    Action("before", "The question or completion before", "ArrowUp"),
    Action("after", "The question or completion after", "ArrowDown"),
    Action("reason", "Write a reason", "r"),
    Action("guidelines", "Show or hide the guidelines", "g"),
    Action("source", "Show Markdown as it was written", "m"),
    Action("differences", "Mark what differs between two completions", "d"),
    Action("mark", "Mark a passage (critique)", "h"),
    Action("rewrite", "Rewrite a completion (critique)", "w"),
    Action("unchanged", "Nothing to correct (correction)", "n"),
    Action("unrankable", "Cannot be ranked (ranking)", "x"),
    Action("help", "All keys", "?"),
    Action("zero", "Tie, tenth place, or the value 0", "0"),
    *(Action(f"number-{n}", f"Completion, choice or value {n}", str(n)) for n in range(1, 10)),
)


def own_keys(stored: Mapping[str, object] | None) -> dict[str, str]:
    """Each action's key: the person's own, or the one that it has at first."""
    mine = stored if isinstance(stored, Mapping) else {}
    return {one.name: str(mine.get(one.name) or one.key) for one in ACTIONS}


def translation(stored: Mapping[str, object] | None) -> dict[str, str]:
    """Pressed key to canonical key; empty for a key that does nothing any more."""
    keys = own_keys(stored)
    freed = {one.key: "" for one in ACTIONS if keys[one.name] != one.key}
    moved = {keys[one.name]: one.key for one in ACTIONS if keys[one.name] != one.key}
    return freed | moved


def shown_key(canonical: str, stored: Mapping[str, object] | None) -> str:
    """The key as a hint shows it: the person's own where the key is an action's, and arrows as arrows."""
    keys = own_keys(stored)
    own = next((keys[one.name] for one in ACTIONS if one.key == canonical), canonical)
    return GLYPHS.get(own, own)


def checked_keys(wanted: Mapping[str, str]) -> dict[str, str]:
    """What to store: the keys that differ from the first ones.

    Raises InvalidInput `key_taken` for a key that does two things, `key_unusable` for one that cannot be bound.
    """
    keys = own_keys({name: normal(key) for name, key in wanted.items()})
    labels = {one.name: one.label for one in ACTIONS}
    holder: dict[str, str] = {}
    for name, key in keys.items():
        if not usable(key):
            raise _refused(name, f"'{key}' cannot be bound to anything.", "key_unusable")
        if key in holder:
            taken = f"'{shown_key(key, None)}' does this already: {labels[holder[key]]}."
            raise _refused(name, taken, "key_taken")
        holder[key] = name
    return {one.name: keys[one.name] for one in ACTIONS if keys[one.name] != one.key}


def normal(key: str) -> str:
    """A key's name as the scripts write it; letters in lower case."""
    return key.lower() if len(key) == 1 else key.strip()


def usable(key: str) -> bool:
    """One visible character, or a named key that a browser leaves to the page."""
    if len(key) == 1:
        return key.isprintable() and not key.isspace()
    return key in NAMED or bool(FUNCTION.fullmatch(key))


def _refused(name: str, message: str, code: str) -> InvalidInput:
    return InvalidInput(
        message,
        code=code,
        hint="Choose another key.",
        details=[{"where": name, "message": message}],
    )
