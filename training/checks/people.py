"""How far people agree with each other: the ceiling of what can be learnt from them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from feedback.evidence import Comparison, Evidence, Ranking, comparisons_of
from training.metrics import Vote, human_agreement


def agreement_of(evidence: Iterable[tuple[str, Evidence]]) -> dict[str, Any]:
    """`human_agreement` and `self_agreement` on pairs of texts that were judged more than once.

    Of all evidence, not of the held-out part alone, as nothing is fitted. Judges' votes are left out,
    and so are ties. Nothing where no pair was judged twice.
    """
    votes = [
        vote
        for _, record in evidence
        if isinstance(record, Comparison | Ranking) and record.context.source != "judge"
        for comparison in comparisons_of(record)
        if (vote := _vote(comparison)) is not None
    ]
    between, within = human_agreement(votes)
    found = {"human_agreement": between, "self_agreement": within}
    return {name: estimate.as_json() for name, estimate in found.items() if estimate}


def _vote(comparison: Comparison) -> Vote | None:
    ordered = comparison.ordered()
    if comparison.flaw() is not None or ordered is None:
        return None
    prompt = json.dumps([dict(m) for m in comparison.context.prompt], sort_keys=True)
    texts = frozenset((comparison.first.text, comparison.second.text))
    return Vote((prompt, texts), prompt, comparison.context.annotator, ordered[0].text)
