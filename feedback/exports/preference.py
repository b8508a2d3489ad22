"""Preference: prompt, chosen, rejected and margin, as DPO and reward trainers read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from feedback.evidence import Candidate, Comparison, Evidence, Ranking
from feedback.exports.base import Export, ExportOptions, messages, provenance, reply


class Preference(Export):
    """Comparisons, and rankings expanded to pairs."""

    name = "preference"
    label = "Preference (TRL)"
    summary = "prompt, chosen, rejected and margin: for DPO and reward models."

    def rows(
        self, evidence: Iterable[Evidence], options: ExportOptions | None = None
    ) -> Iterator[dict[str, Any]]:
        """One row a decided pair. A ranking's margin is the gap between the two tiers."""
        options = options or ExportOptions()
        for record in evidence:
            if isinstance(record, Comparison):
                yield from _comparison(record, options)
            elif isinstance(record, Ranking):
                yield from _ranking(record, options)


def _comparison(record: Comparison, options: ExportOptions) -> Iterator[dict[str, Any]]:
    ordered = record.ordered()
    if ordered is not None:
        yield _row(record, *ordered, margin=record.strength)
    elif options.ties == "both":
        yield from _both(record, record.first, record.second)


def _ranking(record: Ranking, options: ExportOptions) -> Iterator[dict[str, Any]]:
    flat = [(rank, c) for rank, tier in enumerate(record.tiers) for c in tier]
    for place, (rank, better) in enumerate(flat):
        for other, worse in flat[place + 1 :]:
            if rank < other:
                yield _row(record, better, worse, margin=other - rank)
            elif options.ties == "both":
                yield from _both(record, better, worse)


def _both(record: Evidence, first: Candidate, second: Candidate) -> Iterator[dict[str, Any]]:
    yield _row(record, first, second, margin=0)
    yield _row(record, second, first, margin=0)


def _row(
    record: Evidence, chosen: Candidate, rejected: Candidate, *, margin: float
) -> dict[str, Any]:
    context = record.context
    return {
        "prompt": messages(context.prompt),
        "chosen": reply(chosen),
        "rejected": reply(rejected),
        "margin": float(margin),
        **provenance(context),
        "strength": float(margin),
        "model_chosen": chosen.label,
        "model_rejected": rejected.label,
    }
