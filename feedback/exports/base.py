"""What every export shares: its options, how rows become bytes, and where a row came from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from feedback.evidence import (
    Candidate,
    Comparison,
    Context,
    Critique,
    Evidence,
    Message,
    Ranking,
    Score,
)


class ExportOptions(BaseModel):
    """How evidence is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ties: Literal["drop", "both"] = Field(
        default="drop",
        description="Comparisons without a better one: left out, or in both orders, margin 0.",
    )
    aspect: str | None = Field(
        default=None,
        max_length=40,
        description="Only preferences in this one aspect; empty: preferences on the whole.",
    )
    revisions: bool = Field(
        default=False,
        description="Corrected or rewritten completions count as preferred to the originals.",
    )

    @field_validator("aspect")
    @classmethod
    def _none_if_empty(cls, aspect: str | None) -> str | None:
        return aspect or None


class Export:
    """One way to write evidence as JSON lines; rows are made one by one, so memory stays flat."""

    name: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    extension: ClassVar[str] = "jsonl"
    media_type: ClassVar[str] = "application/jsonl"

    def known(self, items: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
        """Lines about a project's items with known answers, where the format tells them; they are no evidence."""
        return iter(())

    def rows(
        self, evidence: Iterable[Evidence], options: ExportOptions | None = None
    ) -> Iterator[dict[str, Any]]:
        """The rows that the evidence amounts to; evidence of another sort gives none."""
        raise NotImplementedError

    def lines(
        self, evidence: Iterable[Evidence], options: ExportOptions | None = None
    ) -> Iterator[bytes]:
        """One line of UTF-8 JSON a row."""
        return map(line, self.rows(evidence, options))


def line(row: Mapping[str, Any]) -> bytes:
    """The row as one line of JSON."""
    return json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def messages(prompt: Iterable[Message]) -> list[dict[str, str]]:
    """The prompt as a list of chat messages with exactly a role and a content."""
    return [{"role": message["role"], "content": message["content"]} for message in prompt]


def reply(completion: Candidate | str) -> list[dict[str, str]]:
    """A completion as the list of one assistant message, as conversational datasets hold it."""
    text = completion if isinstance(completion, str) else completion.text
    return [{"role": "assistant", "content": text}]


def provenance(context: Context) -> Mapping[str, Any]:
    """Where a row came from; trainers ignore these columns.

    Tags are one text, not a list: `datasets` settles a column's type on the first ten megabytes,
    and a list that is empty there has none, so that a later tag could not be loaded.
    """
    return {
        "id": context.judgment,
        "item_id": context.item,
        "kind": context.kind,
        "annotator": context.annotator,
        "source": context.source,
        "weight": float(context.weight),
        "tags": ", ".join(context.tags),
        "created": context.created,
    }


class Pair(NamedTuple):
    """Two completions, the better one first; in a tie in any order, with margin 0."""

    chosen: Candidate
    rejected: Candidate
    margin: float
    unit: str  # what the margin counts: `strength` (1 to 3), `tiers`, or a Score's own unit
    tie: bool = False


def pairs(record: Evidence, options: ExportOptions) -> Iterator[Pair]:
    """The preferences that a record amounts to; ties and both bad in both orders, or not at all."""
    for pair in _pairs(record, options):
        if not pair.tie:
            yield pair
        elif options.ties == "both":
            yield from (pair, pair._replace(chosen=pair.rejected, rejected=pair.chosen))


def _pairs(record: Evidence, options: ExportOptions) -> Iterator[Pair]:
    if isinstance(record, Comparison) and record.aspect == options.aspect:
        yield _compared(record)
    elif isinstance(record, Score) and record.other is not None:
        # A difference is on the whole, whatever it is called, unless an aspect is asked for.
        if options.aspect in (None, record.aspect):
            yield _difference(record, record.other)
    elif isinstance(record, Ranking) and options.aspect is None:
        yield from _ranked(record)
    elif isinstance(record, Critique) and options.revisions and options.aspect is None:
        yield from _revised(record)


def _revised(record: Critique) -> Iterator[Pair]:
    if record.revision is not None:
        yield Pair(Candidate(0, record.revision), record.completion, 1.0, "strength")


def _compared(record: Comparison) -> Pair:
    ordered = record.ordered()
    if ordered is None:
        return Pair(record.first, record.second, 0.0, "strength", tie=True)
    return Pair(*ordered, float(record.strength), "strength")


def _difference(record: Score, other: Candidate) -> Pair:
    ordered = (record.completion, other) if record.value >= 0 else (other, record.completion)
    return Pair(*ordered, abs(float(record.value)), record.unit, tie=record.value == 0)


def _ranked(record: Ranking) -> Iterator[Pair]:
    flat = [(rank, c) for rank, tier in enumerate(record.tiers) for c in tier]
    for place, (rank, better) in enumerate(flat):
        for other, worse in flat[place + 1 :]:
            yield Pair(better, worse, float(other - rank), "tiers", tie=other == rank)
