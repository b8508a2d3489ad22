"""Everything that says which of two answers is better, as rows: comparisons, ties, amounts, revisions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from feedback.evidence import Candidate, Comparison, Context, Critique, Evidence, Ranking, Score
from feedback.evidence import comparisons_of as pairs_of
from training.recipes.base import Rows
from training.recipes.trl_support.rows import Row, about, answer_of, collect, messages_of

FEWEST = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which evidence becomes rows, besides decided comparisons.

    `ties` are pairs that are equally good; `amounts` are differences that people put a number on; `only_amounts`
    leaves out all that has none; `revisions` prefer a rewritten answer to the original, `machine_revisions` also
    one that a judge wrote.
    """

    ties: bool = False
    amounts: bool = True
    only_amounts: bool = False
    revisions: bool = True
    machine_revisions: bool = False


def preference_rows(evidence: Iterable[tuple[str, Evidence]], wanted: Wanted) -> Rows:
    """Rows `prompt`, `chosen`, `rejected` (messages), `weight`, `tie`, `strength`, `amount`, `annotator`, `about`.

    `strength` is 1 for an ordinary preference; `amount` is the number put on the difference, at least 0, and None
    where there is none; `annotator` names the scale of amounts: who, and in which unit. In a tie the sides stand in
    stored order. Unusable: the flaws of a Comparison, `equal_amount`, `no_amount`, `revision`, `machine_revision`,
    `unchanged`, and the records that speak of single answers as `not_a_comparison`.
    """
    return collect((split, made) for split, record in evidence for made in _made(record, wanted))


def missing_preferences(counts: Mapping[str, int]) -> list[str]:
    """Why there is too little to learn preferences from; nothing where there is enough."""
    parts = ("comparison_decided", "amount_decided", "revision", "machine_revision")
    have = sum(counts.get(f"{name}_train", 0) for name in parts)
    if have >= FEWEST:
        return []
    return [
        f"{FEWEST} decided comparisons, amounts or revised answers to train on are needed, and there are {have}."
    ]


def left_out(have: int) -> list[str]:
    """Why the pairs that a config learns from are too few, where there are others; nothing where they are enough."""
    if have >= FEWEST:
        return []
    return [
        f"This config learns from {have} of the pairs to train on, and {FEWEST} are needed: it leaves out amounts, "
        "revisions, those that a policy wrote, or all but amounts."
    ]


def decided(rows: Iterable[Row]) -> list[Row]:
    """The rows that are no ties: what a ranking is measured on."""
    return [row for row in rows if not row["tie"]]


def _made(record: Evidence, wanted: Wanted) -> Iterator[Row | str]:
    if isinstance(record, Comparison | Ranking):
        yield from (_compared(one, wanted) for one in pairs_of(record))
    elif isinstance(record, Score) and record.other is not None:
        yield _priced(record, record.other, wanted)
    elif isinstance(record, Critique) and record.revision is not None:
        yield _revised(record, record.revision, wanted)
    else:
        yield "not_a_comparison"


def _compared(comparison: Comparison, wanted: Wanted) -> Row | str:
    flaw, ordered = comparison.flaw(), comparison.ordered()
    if flaw == "tie" and wanted.ties:
        ordered = comparison.first, comparison.second
        flaw = _text_flaw(*ordered)
    if flaw is not None or ordered is None:
        return flaw or comparison.outcome
    if wanted.only_amounts:
        return "no_amount"
    tie = comparison.outcome == "tie"
    strength = 0.0 if tie else float(comparison.strength)
    return _row(comparison.context, *ordered, tie=tie, strength=strength)


def _priced(score: Score, other: Candidate, wanted: Wanted) -> Row | str:
    """A difference in a number: the better side is chosen; equal ones are a tie."""
    flaw = _text_flaw(score.completion, other)
    if flaw is not None or not wanted.amounts:
        return flaw or "not_a_comparison"
    tie = score.value == 0
    if tie and not (wanted.ties or wanted.only_amounts):
        return "equal_amount"
    sides = (score.completion, other) if score.value >= 0 else (other, score.completion)
    scale = f"{score.context.annotator}\n{score.aspect}\n{score.unit}"
    return _row(score.context, *sides, tie=tie, amount=abs(float(score.value)), annotator=scale)


def _revised(critique: Critique, revision: str, wanted: Wanted) -> Row | str:
    if not wanted.revisions:
        return "revision"
    if critique.by_machine and not wanted.machine_revisions:
        return "machine_revision"
    if wanted.only_amounts:
        return "no_amount"
    flaw = critique.completion.flaw() or (None if revision.strip() else "empty")
    if flaw is not None:
        return flaw
    if revision == critique.completion.text:
        return "unchanged"
    return _row(critique.context, Candidate(0, revision), critique.completion, tie=False)


def _text_flaw(*candidates: Candidate) -> str | None:
    found = next((flaw for c in candidates if (flaw := c.flaw())), None)
    return found or ("identical" if len({c.text for c in candidates}) == 1 else None)


def _row(
    context: Context,
    chosen: Candidate,
    rejected: Candidate,
    *,
    tie: bool,
    strength: float | None = None,
    amount: float | None = None,
    annotator: str = "",
) -> Row:
    return {
        "prompt": messages_of(context),
        "chosen": answer_of(chosen),
        "rejected": answer_of(rejected),
        "weight": float(context.weight),
        "tie": tie,
        "strength": 1.0 if strength is None else strength,
        "amount": amount,
        "annotator": annotator,
        "about": about(context, strength),
    }
