"""Answers to imitate: what people wrote or corrected, and what they preferred where asked to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from feedback.evidence import (
    Candidate,
    Comparison,
    Context,
    Critique,
    Demonstration,
    Evidence,
    Ranking,
    Verdict,
)
from training.recipes.base import Rows
from training.recipes.trl_support.rows import Row, collect, messages_of

Liked = Literal["alone", "always", "never"]

FEWEST_ANSWERS = 8


def answer_rows(evidence: Iterable[tuple[str, Evidence]], liked: Liked = "alone") -> Rows:
    """Rows `prompt`, `completion` (messages) and `weight`: written answers, and those people liked.

    Written are demonstrations and revisions. Liked are the better side of a comparison, the best
    tier of a ranking, and thumbs up: `alone` takes them where nothing of the training split was
    written. Unusable: `empty`, `image`, `unchanged`, `no_revision`, `aspect`, `tie`, `both_bad`,
    `unwanted` and `not_an_answer`.
    """
    records = list(evidence)
    written = collect((split, outcome) for split, r in records for outcome in _written(r))
    if liked == "never" or (liked == "alone" and written.train):
        return written
    found = collect((split, outcome) for split, r in records for outcome in _liked(r))
    own = {"no_revision", "unchanged"}
    lost = {k: v for k, v in written.unusable.items() if k in own}
    return Rows(
        train=written.train + found.train,
        test=written.test + found.test,
        unusable=found.unusable | lost,
    )


def answer_row(context: Context, text: str) -> Row:
    """A row that imitates `text` as the answer to the record's prompt."""
    return {
        "prompt": messages_of(context),
        "completion": [{"role": "assistant", "content": text}],
        "weight": float(context.weight),
    }


def _written(record: Evidence) -> Iterator[Row | str]:
    """Demonstrations and revisions; a reason why not for everything else."""
    if isinstance(record, Demonstration):
        yield (
            answer_row(record.context, record.completion) if record.completion.strip() else "empty"
        )
    elif isinstance(record, Critique):
        if record.revised is not None:
            yield answer_row(record.context, record.revised)
        else:
            yield "no_revision" if record.revision is None else "unchanged"
    else:
        yield "not_an_answer"


def _liked(record: Evidence) -> Iterator[Row | str]:
    """What was preferred or wanted; written answers give nothing here, as they have their own rows."""
    if isinstance(record, Comparison):
        pair, flaw = record.ordered(), record.flaw()
        yield answer_row(record.context, pair[0].text) if pair and flaw is None else str(flaw)
    elif isinstance(record, Ranking):
        yield from _best_tier(record)
    elif isinstance(record, Verdict):
        yield _usable(record.context, record.completion) if record.desirable else "unwanted"
    elif not isinstance(record, Demonstration | Critique):
        yield "not_an_answer"


def _best_tier(record: Ranking) -> Iterator[Row | str]:
    if len(record.tiers) < 2:  # all alike: nothing was preferred
        yield "tie"
        return
    yield from (_usable(record.context, candidate) for candidate in record.tiers[0])


def _usable(context: Context, candidate: Candidate) -> Row | str:
    return candidate.flaw() or answer_row(context, candidate.text)
