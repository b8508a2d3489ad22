"""Image preference: prompt, the better and the worse image, and margin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from feedback.evidence import Evidence
from feedback.exports.base import Export, ExportOptions, messages, pairs, provenance


class ImagePreference(Export):
    """Comparisons of images; rankings and differences as pairs."""

    name = "image_preference"
    label = "Image preference"
    summary = (
        "prompt, image_chosen, image_rejected and margin; an image is a URL or sha256:<digest>."
    )

    def rows(
        self, evidence: Iterable[Evidence], options: ExportOptions | None = None
    ) -> Iterator[dict[str, Any]]:
        """One row a pair of images; `margin_unit` says what the margin counts."""
        options = options or ExportOptions()
        for record in evidence:
            for pair in pairs(record, options):
                if pair.chosen.image and pair.rejected.image:
                    yield {
                        "prompt": messages(record.context.prompt),
                        "image_chosen": pair.chosen.image,
                        "image_rejected": pair.rejected.image,
                        "margin": pair.margin,
                        "margin_unit": pair.unit,
                        **provenance(record.context),
                        "model_chosen": pair.chosen.label,
                        "model_rejected": pair.rejected.label,
                    }
