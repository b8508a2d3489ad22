"""What a snapshot holds, counted as recipes ask for it.

The keys of `counts`, all present even when zero; each also with `_train` and `_test` appended:

    comparison          Comparison records, whatever their outcome
    comparison_decided  pairs of texts on the whole of which one is better, those of rankings included
    tie                 pairs on the whole that are equal, those of rankings included
    aspect              Comparison records about one aspect
    verdict             Verdict records
    verdict_up          those on a text that are desirable
    verdict_down        those on a text that are not
    revision            critiques with a revision that changes the text, by people or imported
    machine_revision    those by a judge
    critique_text       critiques of a text in words
    amount              scores of a difference between two texts that differ
    amount_decided      those that are not 0
    ranked              rankings of texts in at least two tiers
    graded              judgments that score several texts, not all alike (by the first aspect)
    rating              scores of a text by itself
    rated               texts scored so in a judgment, however many aspects it has
    rating_unlike       those scores that differ from the first of their aspect and unit on that side of the split
    comparer            different annotators of comparisons and rankings, on that side of the split
    image               records about images, which text is not learnt from
    ranking, score, critique, demonstration   records of that name
    prompts             different prompts

A snapshot from which people were erased has `erased` besides: the lines that were taken out.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from feedback.evidence import (
    RECORDS,
    Candidate,
    Comparison,
    Critique,
    Demonstration,
    Evidence,
    Ranking,
    Score,
    Verdict,
    comparisons_of,
    record_name,
)
from training.snapshots.split import Split, canonical_json

COUNTED = (
    *RECORDS,
    "comparison_decided",
    "tie",
    "aspect",
    "verdict_up",
    "verdict_down",
    "revision",
    "machine_revision",
    "critique_text",
    "amount",
    "amount_decided",
    "ranked",
    "graded",
    "rating",
    "rated",
    "rating_unlike",
    "comparer",
    "image",
    "prompts",
)


class Tally:
    """Counts records one by one; holds a hash for each prompt and nothing else of the evidence."""

    def __init__(self) -> None:
        self.annotators: Counter[str] = Counter()
        self.sources: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.judgments: set[int] = set()
        self._counts = Counter(dict.fromkeys(_keys(), 0))
        self._prompts: set[bytes] = set()
        self._graded: dict[int, tuple[str, float] | None] = {}
        self._rated: tuple[int, set[int]] = (
            0,
            set(),
        )  # of the judgment at hand: its records come together
        self._first: dict[tuple[Split, str, str], float] = {}
        self._comparers: set[tuple[Split, str]] = set()

    def add(self, split: Split, record: Evidence) -> None:
        """Count one record on its side of the split."""
        context = record.context
        self.annotators[context.annotator] += 1
        self.sources[context.source] += 1
        self.kinds[context.kind] += 1
        self.judgments.add(context.judgment)
        once = (*self._new_prompt(record), *self._newly_graded(record), *self._newly(split, record))
        for name in (*_names(record), *once):
            self._counts[name] += 1
            self._counts[f"{name}_{split}"] += 1

    @property
    def counts(self) -> dict[str, int]:
        """The counts described above."""
        return dict(self._counts)

    def _new_prompt(self, record: Evidence) -> Iterator[str]:
        messages = [dict(message) for message in record.context.prompt]
        digest = hashlib.sha256(canonical_json(messages)).digest()
        if digest not in self._prompts:
            self._prompts.add(digest)
            yield "prompts"

    def _newly_graded(self, record: Evidence) -> Iterator[str]:
        """`graded` at a judgment's first score that differs from its first of all."""
        if not isinstance(record, Score) or record.other or record.completion.flaw():
            return
        here = (record.aspect, record.value)
        first = self._graded.setdefault(record.context.judgment, here)
        if first and first[0] == here[0] and first[1] != here[1]:
            self._graded[record.context.judgment] = None
            yield "graded"

    def _newly(self, split: Split, record: Evidence) -> Iterator[str]:
        """`comparer`, `rated` and `rating_unlike`."""
        if isinstance(record, Comparison | Ranking):
            comparer = (split, record.context.annotator)
            if comparer not in self._comparers:
                self._comparers.add(comparer)
                yield "comparer"
        elif isinstance(record, Score) and record.other is None and not record.completion.flaw():
            judgment, one = record.context.judgment, record.completion.id
            if self._rated[0] != judgment:
                self._rated = judgment, set()
            if one not in self._rated[1]:
                self._rated[1].add(one)
                yield "rated"
            first = self._first.setdefault((split, record.aspect, record.unit), record.value)
            if record.value != first:
                yield "rating_unlike"


def _keys() -> Iterator[str]:
    for name in COUNTED:
        yield from (name, f"{name}_train", f"{name}_test")


def _names(record: Evidence) -> Iterator[str]:
    yield record_name(record)
    yield from (name for one in comparisons_of(record) if (name := _pair_name(one)))
    if isinstance(record, Verdict) and record.completion.flaw() is None:
        yield "verdict_up" if record.desirable else "verdict_down"
    if isinstance(record, Critique):
        yield from _critique_names(record)
    if isinstance(record, Score) and record.other:
        yield from _amount_names(record, record.other)
    if isinstance(record, Score) and record.other is None and not record.completion.flaw():
        yield "rating"
    if isinstance(record, Ranking) and len(_text_tiers(record)) > 1:
        yield "ranked"
    if _shows_an_image(record):
        yield "image"


def _pair_name(comparison: Comparison) -> str | None:
    flaw = comparison.flaw()
    if flaw is None:
        return "comparison_decided"
    return flaw if flaw in ("tie", "aspect") else None


def _critique_names(record: Critique) -> Iterator[str]:
    if record.revised is not None:
        yield "machine_revision" if record.by_machine else "revision"
    if record.text.strip() and record.completion.flaw() is None:
        yield "critique_text"


def _amount_names(score: Score, other: Candidate) -> Iterator[str]:
    if score.completion.flaw() or other.flaw() or score.completion.text == other.text:
        return
    yield "amount"
    if score.value:
        yield "amount_decided"


def _text_tiers(ranking: Ranking) -> list[tuple[Candidate, ...]]:
    return [tier for tier in ranking.tiers if any(one.flaw() is None for one in tier)]


def _shows_an_image(record: Evidence) -> bool:
    if isinstance(record, Comparison):
        return bool(record.first.image or record.second.image)
    if isinstance(record, Ranking):
        return any(candidate.image for tier in record.tiers for candidate in tier)
    return not isinstance(record, Demonstration) and bool(record.completion.image)
