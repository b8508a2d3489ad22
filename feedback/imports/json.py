"""JSON: one array of objects, or an object that holds one, read as a stream."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import chain
from typing import IO, Any

import ijson  # type: ignore[import-untyped]

from feedback.errors import InvalidInput
from feedback.imports.base import Format, Row, RowError, storable, unreadable

_BROKEN = (ijson.JSONError, UnicodeDecodeError, RecursionError, ValueError)

DEEPEST = (
    100  # levels; ijson's names of places grow with each, so deep files would cost their square
)
BUFFER = 8192  # bytes read before the depth is looked at again


class Json(Format):
    """An array of objects, alone or under any key of one object."""

    name = "json"
    label = "JSON"
    extensions = (".json",)

    def fits(self, head: bytes) -> bool:
        """It begins as an array or an object does."""
        return head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"[", b"{")

    def rows(self, stream: IO[bytes]) -> Iterator[Row | RowError]:
        """One row an element of the array; where the file breaks off, the last row says so."""
        try:
            events = ijson.parse(_WithoutBom(stream), use_float=True, buf_size=BUFFER)
            values = _elements(_shallow(events))
        except _BROKEN as error:
            raise unreadable(self.label, f"{error}.") from error
        number = 0
        while True:
            number += 1
            try:
                value = next(values)
            except StopIteration:
                return
            except _BROKEN as error:
                if number == 1:
                    raise unreadable(self.label, f"{error}.") from error
                message = f"The file cannot be read from here on: {error}."
                yield RowError(number, "bad_json", message)
                return
            if isinstance(value, dict):
                yield storable(number, value)
            else:
                yield RowError(number, "not_an_object", "The element is not an object.")


class _WithoutBom:
    """A binary stream that leaves a byte order mark out."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._start = True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        if self._start and size != 0:
            self._start = False
            return data.removeprefix(codecs.BOM_UTF8)
        return data


def _shallow(events: Iterator[tuple[str, str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """The events, until they are nested too deeply."""
    depth = 0
    for event in events:
        depth += event[1].startswith("start_") - event[1].startswith("end_")
        if depth > DEEPEST:
            raise ValueError(f"it is nested more than {DEEPEST} levels deep")
        yield event


def _elements(events: Iterator[tuple[str, str, Any]]) -> Iterator[Any]:
    """The elements of the first array that is the document itself or a value of its object."""
    depth = 0
    for event in events:
        prefix, name, _ = event
        if name == "start_array" and depth <= 1:
            place = f"{prefix}.item" if prefix else "item"
            found: Iterator[Any] = ijson.items(chain([event], events), place)
            return found
        depth += name.startswith("start_") - name.startswith("end_")
    raise InvalidInput(
        "This JSON file holds no array of rows.",
        code="unreadable_file",
        hint="Rows are an array of objects, alone or under a key of one object.",
    )
