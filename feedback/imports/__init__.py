"""Files become prompts, completions and judgments: the catalogue of formats, and the mapping."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import IO

from feedback.errors import InvalidInput
from feedback.imports.base import (
    Format,
    ImportedCompletion,
    ImportedGold,
    ImportedJudgment,
    ImportedRow,
    Row,
    RowError,
)
from feedback.imports.csv import Csv
from feedback.imports.json import Json
from feedback.imports.jsonl import JsonLines
from feedback.imports.mapping import (
    ImportMapping,
    check_columns,
    columns_of,
    convert,
    convert_rows,
    parse_mapping,
    suggest_mapping,
)

__all__ = [
    "FORMATS",
    "Format",
    "ImportMapping",
    "ImportedCompletion",
    "ImportedGold",
    "ImportedJudgment",
    "ImportedRow",
    "Row",
    "RowError",
    "check_columns",
    "columns_of",
    "convert",
    "convert_rows",
    "detect_format",
    "get_format",
    "parse_mapping",
    "read_rows",
    "suggest_mapping",
]

FORMATS: dict[str, Format] = {f.name: f for f in (JsonLines(), Json(), Csv())}


def get_format(name: str) -> Format:
    """The format of that name; raises InvalidInput `unknown_format`."""
    try:
        return FORMATS[name]
    except KeyError:
        raise _unknown(f"There is no file format '{name}'.") from None


def detect_format(filename: str, head: bytes) -> str:
    """The name of the format, from the file's name and its first bytes (4 KiB are plenty).

    A `.json` file of JSON lines is recognised. Raises InvalidInput `unknown_format`.
    """
    suffix = PurePath(filename).suffix.lower()
    named = next((f for f in FORMATS.values() if suffix in f.extensions), None)
    in_lines = b"\n" in head.lstrip() and FORMATS["jsonl"].fits(head)
    if named is not None:
        return "jsonl" if named.name == "json" and in_lines else named.name
    fitting = next((f for f in FORMATS.values() if f.fits(head)), None)
    if fitting is None:
        raise _unknown(f"The format of '{filename}' is not known.")
    return fitting.name


def read_rows(format: str, stream: IO[bytes]) -> Iterator[Row | RowError]:
    """The rows of a file, each by itself good or refused; memory does not grow with the file.

    Raises InvalidInput `unreadable_file` for a file that is not in the format at all.
    """
    return get_format(format).rows(stream)


def _unknown(message: str) -> InvalidInput:
    return InvalidInput(
        message, code="unknown_format", hint=f"Known file formats: {', '.join(FORMATS)}."
    )
