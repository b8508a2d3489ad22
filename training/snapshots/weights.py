"""Weights: how much each annotator's judgments count in a snapshot."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from feedback.evidence import Evidence

UNKNOWN = 1.3863  # log odds of 4 to 1: what the methods' prior says of somebody they do not know


def weighted(evidence: Iterable[Evidence], weights: Mapping[str, float]) -> Iterator[Evidence]:
    """The evidence, each record with its annotator's weight; the names are pseudonyms as in Context."""
    for record in evidence:
        weight = weights.get(record.context.annotator, UNKNOWN)
        context = dataclasses.replace(record.context, weight=weight)
        yield dataclasses.replace(record, context=context)
