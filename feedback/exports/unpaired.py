"""Unpaired: prompt, completion and whether it is desirable, as the KTO trainer reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from feedback.evidence import Evidence, Verdict
from feedback.exports.base import Export, ExportOptions, messages, provenance, reply


class Unpaired(Export):
    """Verdicts on single texts."""

    name = "unpaired"
    label = "Unpaired preference (TRL)"
    summary = "prompt, completion and a true or false label: for KTO."

    def rows(
        self, evidence: Iterable[Evidence], options: ExportOptions | None = None
    ) -> Iterator[dict[str, Any]]:
        """One row a verdict on a text."""
        for record in evidence:
            if isinstance(record, Verdict) and not record.completion.image:
                yield {
                    "prompt": messages(record.context.prompt),
                    "completion": reply(record.completion),
                    "label": record.desirable,
                    **provenance(record.context),
                    "model": record.completion.label,
                }
