"""Preference: prompt, chosen, rejected and margin, as DPO and reward trainers read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from feedback.evidence import Evidence
from feedback.exports.base import Export, ExportOptions, messages, pairs, provenance, reply


class Preference(Export):
    """Comparisons of texts; rankings, differences and, on request, revisions as pairs."""

    name = "preference"
    label = "Preference (TRL)"
    summary = "prompt, chosen, rejected and margin: for DPO and reward models."

    def rows(
        self, evidence: Iterable[Evidence], options: ExportOptions | None = None
    ) -> Iterator[dict[str, Any]]:
        """One row a pair of texts; `margin_unit` says what the margin counts."""
        options = options or ExportOptions()
        for record in evidence:
            for pair in pairs(record, options):
                if not (pair.chosen.image or pair.rejected.image):
                    yield {
                        "prompt": messages(record.context.prompt),
                        "chosen": reply(pair.chosen),
                        "rejected": reply(pair.rejected),
                        "margin": pair.margin,
                        "margin_unit": pair.unit,
                        **provenance(record.context),
                        "model_chosen": pair.chosen.label,
                        "model_rejected": pair.rejected.label,
                    }
