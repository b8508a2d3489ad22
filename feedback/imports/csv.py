"""CSV with a header row; commas, semicolons or tabs, and quoted cells over several lines."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from typing import IO

from feedback.errors import InvalidInput
from feedback.imports.base import MAX_LINE, Format, Row, RowError, storable, unreadable

_DELIMITERS = ",;\t"


class Csv(Format):
    """Comma-separated values; the first row names the columns."""

    name = "csv"
    label = "CSV"
    extensions = (".csv", ".tsv")

    def fits(self, head: bytes) -> bool:
        """The first line is text with a delimiter, and does not begin as JSON does."""
        first = head.removeprefix(codecs.BOM_UTF8).lstrip().partition(b"\n")[0]
        text = first.decode("utf-8", "replace")
        return bool(text) and text[0] not in "[{" and any(mark in text for mark in _DELIMITERS)

    def rows(self, stream: IO[bytes]) -> Iterator[Row | RowError]:
        """One row a record; its number is the physical line on which it begins."""
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        try:
            yield from self._records(text)
        finally:
            if not stream.closed:
                text.detach()  # the stream belongs to the caller

    def _records(self, text: io.TextIOWrapper) -> Iterator[Row | RowError]:
        csv.field_size_limit(MAX_LINE)  # the default of 128 KiB is shorter than a long answer
        lines = _Lines(text)
        first = next(lines, "")
        if "\x00" in first:
            raise unreadable(self.label, "it holds NUL characters; it may be binary or UTF-16.")
        lines.unread(first)
        reader = csv.reader(lines, delimiter=max(_DELIMITERS, key=first.count), strict=True)
        try:
            header = _header(next(reader, []))
        except csv.Error as error:
            raise unreadable(self.label, f"the header row: {error}.") from error
        while True:
            number = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield RowError(number, "bad_csv", f"Not valid CSV: {error}.")
                continue
            if cells:
                yield _row(number, header, cells)


class _Lines:
    """Lines of a text stream, of which the first can be put back."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._back: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._back.pop() if self._back else self._text.readline()
        if not line:
            raise StopIteration
        return line

    def unread(self, line: str) -> None:
        self._back.append(line)


def _header(cells: Sequence[str]) -> list[str]:
    """The columns' names; an empty one is called by its place, as in files written by pandas."""
    if not any(cell.strip() for cell in cells):
        raise unreadable(Csv.label, "it has no header row.")
    names = [cell.strip() or f"column {place}" for place, cell in enumerate(cells, 1)]
    if any(not name.isprintable() for name in names):
        raise unreadable(Csv.label, "its header row is not UTF-8 text.")
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise InvalidInput(
            f"Two columns are called '{double}'.",
            code="duplicate_column",
            hint="Give every column of the header row a name of its own.",
        )
    return names


def _row(number: int, header: Sequence[str], cells: Sequence[str]) -> Row | RowError:
    if len(cells) != len(header):
        message = f"{len(cells)} cells, and the header row has {len(header)}."
        return RowError(number, "wrong_cells", message)
    return storable(number, dict(zip(header, cells, strict=True)))
