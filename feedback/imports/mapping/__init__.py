"""The mapping of columns: what it says, how it is applied to rows, and guesses at one."""

from __future__ import annotations

from feedback.imports.mapping.columns import ImportMapping, parse_mapping
from feedback.imports.mapping.convert import check_columns, columns_of, convert, convert_rows
from feedback.imports.mapping.suggest import suggest_mapping

__all__ = [
    "ImportMapping",
    "check_columns",
    "columns_of",
    "convert",
    "convert_rows",
    "parse_mapping",
    "suggest_mapping",
]
