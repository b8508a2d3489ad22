"""Weights: how much each annotator's judgments count in a snapshot."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping

from feedback.evidence import Evidence

UNKNOWN = 1.3863  # log odds of 4 to 1: what the methods' prior says of somebody they do not know


def weighted(
    evidence: Iterable[Evidence],
    weights: Mapping[str, float],
    decided: Collection[int] = frozenset(),
) -> Iterator[Evidence]:
    """The evidence, each record with its annotator's weight; the names are pseudonyms as in Context.

    Judgments that a reviewer decided for, by their ids, count as much as anybody's: the decision stands for them.
    """
    most = max([UNKNOWN, *weights.values()])
    for record in evidence:
        context = record.context
        weight = most if context.judgment in decided else weights.get(context.annotator, UNKNOWN)
        yield dataclasses.replace(record, context=dataclasses.replace(context, weight=weight))
