"""Native: every piece of evidence as it is, one JSON object a line; nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from feedback.evidence import Evidence, to_json
from feedback.exports.base import Export, ExportOptions


class Native(Export):
    """The six evidence records, complete."""

    name = "native"
    label = "Native"
    summary = "Every piece of evidence with all its fields; nothing is dropped or converted."

    def rows(
        self, evidence: Iterable[Evidence], options: ExportOptions | None = None
    ) -> Iterator[dict[str, Any]]:
        """One row a record, in its own shape; `feedback.evidence.from_json` reads it back."""
        return (to_json(record) for record in evidence)
