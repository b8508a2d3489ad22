"""Pydantic's complaints as sentences that annotators, owners and programs understand; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from feedback.texts import excerpt

NAME = r"^[a-z][a-z0-9_-]{0,39}$"
CURRENCY = r"^[A-Z]{3}$"
_PATTERNS = {
    NAME: "Write small letters, digits, - and _, beginning with a letter, 40 at most",
    CURRENCY: "Write three capital letters, such as USD",
}


class Misfit(ValueError):
    """Raised by a model's validator about one of its fields, or the field's part (`prices.2`)."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(message)
        self.where = where


def field_errors(error: ValidationError, whole: str = "answer") -> list[dict[str, Any]]:
    """What is wrong, in order: where (`whole` for all of it) and a sentence."""
    return [
        {"where": _where(found) or whole, "message": _sentence(found)} for found in error.errors()
    ]


def _where(found: Mapping[str, Any]) -> str:
    cause = found.get("ctx", {}).get("error")
    inner = [cause.where] if isinstance(cause, Misfit) else []
    return ".".join(excerpt(str(part), 80) for part in (*found["loc"], *inner))


def _sentence(found: Mapping[str, Any]) -> str:
    say = _SENTENCES.get(found["type"])
    context = found.get("ctx", {})
    said = say(context, found["input"]) if say else str(context.get("error") or found["msg"])
    return f"{said[:1].upper()}{said[1:]}" + ("" if said.endswith((".", "?", "!")) else ".")


def counted(number: int, thing: str) -> str:
    """`1 character`, `2 characters`, `200 000 entries`."""
    many = f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
    return f"{number:,} {thing if number == 1 else many}".replace(",", " ")


def _too_long_text(context: Mapping[str, Any], said: Any) -> str:
    allowed = counted(context["max_length"], "character")
    return f"At most {allowed}; this has {counted(len(said), 'character')}"


def _too_short_text(context: Mapping[str, Any], said: Any) -> str:
    if not said.strip():
        return "This is needed, and it is empty"
    needed = counted(context["min_length"], "character")
    return f"At least {needed}; this has {counted(len(said), 'character')}"


def _too_many(context: Mapping[str, Any], said: Any) -> str:
    return f"At most {counted(context['max_length'], 'entry')}; there are more"


def _too_few(context: Mapping[str, Any], said: Any) -> str:
    there = counted(context["actual_length"], "entry")
    are = "is" if context["actual_length"] == 1 else "are"
    return f"At least {counted(context['min_length'], 'entry')}; there {are} {there}"


def _pattern(context: Mapping[str, Any], said: Any) -> str:
    known = _PATTERNS.get(context["pattern"])
    return known or f"This is not written as it must be; its pattern is {context['pattern']}"


def _one_of(context: Mapping[str, Any], said: Any) -> str:
    return f"Choose one: {str(context['expected']).replace(chr(39), '')}"


def _bound(word: str, key: str) -> Callable[[Mapping[str, Any], Any], str]:
    return lambda context, said: f"This must be {word} {context[key]}"


def _needed(thing: str) -> Callable[[Mapping[str, Any], Any], str]:
    return lambda context, said: f"{thing} is needed"


_SENTENCES: dict[str, Callable[[Mapping[str, Any], Any], str]] = {
    "string_too_long": _too_long_text,
    "string_too_short": _too_short_text,
    "too_long": _too_many,
    "too_short": _too_few,
    "string_pattern_mismatch": _pattern,
    "literal_error": _one_of,
    "missing": lambda context, said: "This is missing",
    "extra_forbidden": lambda context, said: "There is no such field",
    "greater_than": _bound("above", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than": _bound("below", "lt"),
    "less_than_equal": _bound("at most", "le"),
    "finite_number": _needed("A finite number"),
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_from_float", "int_parsing_size"),
        _needed("A whole number"),
    ),
    **dict.fromkeys(("float_type", "float_parsing"), _needed("A number")),
    **dict.fromkeys(("bool_type", "bool_parsing"), _needed("True or false")),
    **dict.fromkeys(("string_type", "string_unicode"), _needed("A text")),
    **dict.fromkeys(("list_type", "tuple_type"), _needed("A list")),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), _needed("An object")),
}
