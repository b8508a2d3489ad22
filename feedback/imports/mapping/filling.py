"""Parts of an answer that the mapping writes with columns, filled in from a row."""

from __future__ import annotations

from typing import Any

from feedback.imports.base import RowProblem
from feedback.imports.mapping.cells import spelled
from feedback.imports.mapping.columns import PLACEHOLDER, FromColumn, reference


class Empty(Exception):
    """A column that the part needs is empty, or stands for nothing."""


def fill(part: Any, values: Any) -> Any:
    """A part of an answer with its columns filled in. Raises Empty, RowProblem `unknown_value`."""
    found = reference(part)
    if found is not None:
        return look_up(found, values)
    if isinstance(part, dict):
        return {key: fill(value, values) for key, value in part.items()}
    if isinstance(part, list):
        return [fill(value, values) for value in part]
    if not isinstance(part, str):
        return part
    whole = PLACEHOLDER.fullmatch(part)
    if whole:
        return look_up(FromColumn(column=whole[1]), values)
    return PLACEHOLDER.sub(lambda m: spelled(values.get(m[1])), part)


def look_up(source: FromColumn, values: Any) -> Any:
    """What the column's value stands for. Raises Empty, RowProblem `unknown_value`."""
    value = values.get(source.column)
    if value is None or value == "":
        if source.default is None:
            raise Empty
        return source.default
    if source.values is None:
        return value
    key = spelled(value)
    if key not in source.values:
        known = ", ".join(source.values)
        raise RowProblem(
            "unknown_value",
            f"Column '{source.column}' holds '{key[:80]}', not one of: {known}.",
        )
    meaning = source.values[key]
    if meaning is None:
        raise Empty
    return meaning
