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


def answer_rows(
    evidence: Iterable[tuple[str, Evidence]], liked: Liked = "alone", *, machine: bool = False
) -> Rows:
    """Rows `prompt`, `completion` (messages) and `weight`: written answers, and those people liked.

    Written are demonstrations and revisions, those by judges only with `machine`. Liked are the
    better side of a comparison, the best tier of a ranking, and thumbs up: `alone` takes them where
    nothing of the training split was written. Unusable: `empty`, `image`, `unchanged`,
    `no_revision`, `machine_revision`, `aspect`, `tie`, `both_bad`, `unwanted`, `not_an_answer`.
    """
    records = list(evidence)
    written = any(
        split == "train" and isinstance(_written(r, machine), dict) for split, r in records
    )
    taken = liked == "always" or (liked == "alone" and not written)
    return collect(
        (split, row) for split, r in records for row in _answers(r, machine, liked=taken)
    )


def answer_row(context: Context, text: str) -> Row:
    """A row that imitates `text` as the answer to the record's prompt."""
    return {
        "prompt": messages_of(context),
        "completion": [{"role": "assistant", "content": text}],
        "weight": float(context.weight),
    }


def _answers(record: Evidence, machine: bool, *, liked: bool) -> Iterator[Row | str]:
    if isinstance(record, Demonstration | Critique) or not liked:
        yield _written(record, machine)
    elif isinstance(record, Comparison):
        pair, flaw = record.ordered(), record.flaw()
        yield answer_row(record.context, pair[0].text) if pair and flaw is None else str(flaw)
    elif isinstance(record, Ranking):
        yield from _best_tier(record)
    elif isinstance(record, Verdict):
        yield _usable(record.context, record.completion) if record.desirable else "unwanted"
    else:
        yield "not_an_answer"


def _written(record: Evidence, machine: bool) -> Row | str:
    """The row of a demonstration or a revision; for everything else why there is none."""
    if isinstance(record, Demonstration):
        blank = not record.completion.strip()
        return "empty" if blank else answer_row(record.context, record.completion)
    if not isinstance(record, Critique):
        return "not_an_answer"
    return revision_row(record, machine=machine)


def revision_row(record: Critique, *, machine: bool = False) -> Row | str:
    """The row that imitates a critique's revision, or why there is none; a judge's only with `machine`."""
    if record.revised is not None and record.by_machine and not machine:
        return "machine_revision"
    if record.revised is not None:
        return answer_row(record.context, record.revised)
    return "no_revision" if record.revision is None else "unchanged"


def _best_tier(record: Ranking) -> Iterator[Row | str]:
    if len(record.tiers) < 2:  # all alike: nothing was preferred
        yield "tie"
        return
    yield from (_usable(record.context, candidate) for candidate in record.tiers[0])


def _usable(context: Context, candidate: Candidate) -> Row | str:
    return candidate.flaw() or answer_row(context, candidate.text)
