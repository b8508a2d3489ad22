"""JSON lines: one object a line; a line that is not one is refused by itself."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO, Any, NoReturn

from feedback.imports.base import MAX_LINE, Format, Row, RowError, storable, unreadable

_LONG = 1024  # bytes; a longer first line may well go on beyond the head
_HOLDS_ROWS = re.compile(rb'\{\s*"[^"]*"\s*:\s*\[')
_PATIENCE = 100  # bad lines at the start, after which the file is taken for something else


class JsonLines(Format):
    """One JSON object a line."""

    name = "jsonl"
    label = "JSON lines"
    extensions = (".jsonl", ".ndjson")

    def fits(self, head: bytes) -> bool:
        """The first line is a whole object and so is the next, or it is no object of arrays."""
        first, newline, rest = head.removeprefix(codecs.BOM_UTF8).lstrip().partition(b"\n")
        if not newline and len(first) > _LONG:
            return first.startswith(b"{") and not _HOLDS_ROWS.match(first)
        value = _parse(first)
        if not isinstance(value, dict):
            return False
        return rest.lstrip().startswith(b"{") or not any(
            isinstance(v, list) for v in value.values()
        )

    def rows(self, stream: IO[bytes]) -> Iterator[Row | RowError]:
        """One row a line that is not blank."""
        held: list[RowError] = []
        good = False
        for number, line in _lines(stream):
            row = _row(number, line)
            if good:
                yield row
            elif isinstance(row, RowError):
                held.append(row)
                if len(held) == _PATIENCE:
                    break
            else:
                good = True
                yield from held
                yield row
        if not good:
            raise unreadable(self.label, held[0].message if held else "it is empty.")


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """(number, line) for each line that is not blank; None in place of a line beyond the limit."""
    number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif line.strip():
            yield number, line


def _row(number: int, line: bytes | None) -> Row | RowError:
    if line is None:
        return RowError(number, "too_long", f"The line is longer than {MAX_LINE} bytes.")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return RowError(number, "bad_utf8", "The line is not valid UTF-8 text.")
    if "\x00" in text:
        return RowError(number, "nul_character", "A NUL character in the line.")
    value = _parse(line)
    if isinstance(value, str):
        return RowError(number, "bad_json", value)
    if not isinstance(value, dict):
        return RowError(number, "not_an_object", "The line is JSON but not an object.")
    return storable(number, value)


def _parse(line: bytes) -> dict[str, Any] | str | None:
    """The object; None for any other JSON; else what is wrong, as text."""
    try:
        value = json.loads(line, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        return f"Not valid JSON at character {error.pos + 1}: {error.msg}."
    except (ValueError, RecursionError) as error:
        return f"Not valid JSON: {error}."
    return value if isinstance(value, dict) else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
