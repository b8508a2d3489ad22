"""Criticised answers with their critiques, and a share of answers that nobody complained of."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence

from feedback.evidence import Critique, Demonstration, Evidence, Verdict
from training.recipes.base import Rows
from training.recipes.trl_support.answers import answer_row, revision_row
from training.recipes.trl_support.rows import Row, collect

ASKED = "\n\nAn answer to this was criticised: {critique}\nThe criticised answer:"

Split = tuple[str, Evidence]


def critique_rows(evidence: Iterable[Split]) -> Rows:
    """Rows `prompt`, `completion`, `weight`, `critique` and `judged`, the prompt with the critique.

    Where nothing was to be complained of, both are empty: demonstrations, revisions, thumbs up, and
    critiques of an answer that got a thumb up, as those are praise. Unusable: `empty`, `image`,
    `unwanted`, `no_words`, `machine_revision` and `not_text_feedback`.
    """
    records = list(evidence)
    praised = {
        record.completion.id
        for _, record in records
        if isinstance(record, Verdict) and record.desirable
    }
    return collect((split, row) for split, record in records for row in _rows(record, praised))


def with_critique(prompt: Sequence[Mapping[str, str]], critique: str) -> list[dict[str, str]]:
    """The prompt as one that asks for the answer that got this critique."""
    found = [dict(message) for message in prompt]
    for message in reversed(found):
        if message["role"] == "user":
            message["content"] += ASKED.format(critique=critique)
            break
    return found


def fewer_positives(rows: Rows, share: float, seed: int) -> Rows:
    """The rows with at most `share` uncriticised ones to train on for each criticised one."""
    negatives = [row for row in rows.train if row["critique"]]
    positives = [row for row in rows.train if not row["critique"]]
    random.Random(seed).shuffle(positives)  # noqa: S311  (no secret)
    kept = positives[: round(share * len(negatives))]
    lost = len(positives) - len(kept)
    unusable = {**rows.unusable, "surplus_uncriticised": lost} if lost else rows.unusable
    return Rows(train=negatives + kept, test=rows.test, unusable=unusable)


def _rows(record: Evidence, praised: set[int]) -> Iterator[Row | str]:
    if isinstance(record, Critique):
        yield from _criticised(record, praised)
    elif isinstance(record, Demonstration):
        blank = not record.completion.strip()
        yield "empty" if blank else _fine(answer_row(record.context, record.completion))
    elif isinstance(record, Verdict):
        flaw = record.completion.flaw() or (None if record.desirable else "unwanted")
        yield flaw or _fine(answer_row(record.context, record.completion.text))
    else:
        yield "not_text_feedback"


def _criticised(record: Critique, praised: set[int]) -> Iterator[Row | str]:
    if record.revised is not None:
        row = revision_row(record)
        yield row if isinstance(row, str) else _fine(row)
    flaw = record.completion.flaw()
    if flaw is not None:
        yield flaw
    elif not record.text.strip():
        yield "no_words"
    elif record.completion.id in praised:
        yield _fine(answer_row(record.context, record.completion.text))
    else:
        row = answer_row(record.context, record.completion.text)
        judged = with_critique(row["prompt"], record.text)
        yield {**row, "critique": record.text, "judged": judged}


def _fine(row: Row) -> Row:
    return {**row, "critique": "", "judged": []}
