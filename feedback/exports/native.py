"""Native: every piece of evidence as it is, one JSON object a line, and a project's known answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from feedback.evidence import Evidence, to_json
from feedback.exports.base import Export, ExportOptions, line


class Native(Export):
    """The six evidence records, complete."""

    name = "native"
    label = "Native"
    summary = (
        "Every piece of evidence with all its fields, and a project's gold; nothing is dropped."
    )

    def known(self, items: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
        """One line an item, its record `gold`; an import reads it back with the column `gold`."""
        return (line({"record": "gold", **item}) for item in items)

    def rows(
        self, evidence: Iterable[Evidence], options: ExportOptions | None = None
    ) -> Iterator[dict[str, Any]]:
        """One row a record, in its own shape; `feedback.evidence.from_json` reads it back."""
        return (to_json(record) for record in evidence)
