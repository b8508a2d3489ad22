"""What every export shares: its options, how rows become bytes, and where a row came from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from feedback.evidence import Candidate, Context, Evidence, Message


class ExportOptions(BaseModel):
    """How evidence is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ties: Literal["drop", "both"] = Field(
        default="drop",
        description="Comparisons without a better one: left out, or in both orders, margin 0.",
    )


class Export:
    """One way to write evidence as JSON lines; rows are made one by one, so memory stays flat."""

    name: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    extension: ClassVar[str] = "jsonl"
    media_type: ClassVar[str] = "application/jsonl"

    def rows(
        self, evidence: Iterable[Evidence], options: ExportOptions | None = None
    ) -> Iterator[dict[str, Any]]:
        """The rows that the evidence amounts to; evidence of another sort gives none."""
        raise NotImplementedError

    def lines(
        self, evidence: Iterable[Evidence], options: ExportOptions | None = None
    ) -> Iterator[bytes]:
        """One line of UTF-8 JSON a row."""
        for row in self.rows(evidence, options):
            yield json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n"


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
