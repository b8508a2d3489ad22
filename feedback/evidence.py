"""The six evidence records: what a judgment amounts to, however it was asked. Kinds make them, recipes eat them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Message = Mapping[str, str]  # {"role": ..., "content": ...}
Outcome = Literal["first", "second", "tie", "both_bad"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A completion as evidence sees it: its database id, its text and the plain label of where it came from.

    `media` is an image: `{"type": "image", "url": ...}`, or `"sha256"` in place of `url` for an uploaded file.
    """

    id: int
    text: str
    label: str = ""
    media: Mapping[str, Any] | None = None

    @property
    def image(self) -> str:
        """The image as a URL or `sha256:<digest>`; empty for text."""
        if self.media is None:
            return ""
        return str(self.media.get("url") or f"sha256:{self.media['sha256']}")

    def flaw(self) -> str | None:
        """Why no text can be learnt from it: `image` or `empty`; None when one can."""
        if self.media is not None:
            return "image"
        return None if self.text.strip() else "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every record carries. `created` is ISO 8601 with Z; `annotator` is a pseudonym, stable in a project."""

    judgment: int
    item: int
    kind: str
    prompt: tuple[Message, ...]
    tags: tuple[str, ...] = ()
    annotator: str = ""
    source: str = "human"
    created: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two completions and which is better. `strength` >= 0; 1 is the ordinary preference."""

    context: Context
    first: Candidate
    second: Candidate
    outcome: Outcome
    strength: float = 1.0
    aspect: str | None = None

    def ordered(self) -> tuple[Candidate, Candidate] | None:
        """(chosen, rejected), or None when the outcome names neither."""
        if self.outcome == "first":
            return self.first, self.second
        return (self.second, self.first) if self.outcome == "second" else None

    def flaw(self) -> str | None:
        """Why it is no pair of texts to learn the whole preference from; None when it is one.

        `aspect`, `tie`, `both_bad`, `image`, `empty` or `identical`, the first that holds.
        """
        if self.aspect is not None:
            return "aspect"
        if self.ordered() is None:
            return self.outcome
        found = self.first.flaw() or self.second.flaw()
        return found or ("identical" if self.first.text == self.second.text else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Completions in tiers, best first; a tier with several is a tie."""

    context: Context
    tiers: tuple[tuple[Candidate, ...], ...]

    def comparisons(self) -> Iterator[Comparison]:
        """All pairs; within a tier a tie. n completions give n(n-1)/2 comparisons."""
        flat = [(rank, c) for rank, tier in enumerate(self.tiers) for c in tier]
        for i, (rank, first) in enumerate(flat):
            for other, second in flat[i + 1 :]:
                outcome: Outcome = "first" if rank < other else "tie"
                yield Comparison(context=self.context, first=first, second=second, outcome=outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One completion, wanted or not."""

    context: Context
    completion: Candidate
    desirable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A number on a completion, or on its difference from `other`. A point has low == value == high."""

    context: Context
    completion: Candidate
    other: Candidate | None = None
    aspect: str = ""
    unit: str = ""
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Critique:
    """What is wrong with a completion, in words, with spans ([start, end) in code points) and perhaps a revision."""

    context: Context
    completion: Candidate
    text: str
    spans: tuple[tuple[int, int], ...] = ()
    revision: str | None = None

    @property
    def revised(self) -> str | None:
        """The revision where it is a text that differs from the completion's; None otherwise."""
        text = self.revision or ""
        return text if text.strip() and text != self.completion.text else None

    @property
    def by_machine(self) -> bool:
        """Whether a judge wrote it: its revision is a policy's text, not a person's."""
        return self.context.source == "judge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """A completion written by a person."""

    context: Context
    completion: str


Evidence = Comparison | Ranking | Verdict | Score | Critique | Demonstration

RECORDS: dict[str, type[Evidence]] = {
    "comparison": Comparison,
    "ranking": Ranking,
    "verdict": Verdict,
    "score": Score,
    "critique": Critique,
    "demonstration": Demonstration,
}
_NAMES = {record: name for name, record in RECORDS.items()}


def comparisons_of(record: Evidence) -> Iterator[Comparison]:
    """The comparison that a record is, or those that a ranking amounts to; nothing from others."""
    if isinstance(record, Comparison):
        yield record
    elif isinstance(record, Ranking):
        yield from record.comparisons()


def candidates_of(record: Evidence) -> Iterator[Candidate]:
    """Every completion that the record is about."""
    waiting: list[Any] = [getattr(record, field.name) for field in dataclasses.fields(record)]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, Candidate):
            yield value
        elif isinstance(value, tuple):
            waiting += value


def record_name(record: Evidence) -> str:
    """The record's name in files and counts: `comparison`, `verdict`, ..."""
    return _NAMES[type(record)]


def to_json(record: Evidence) -> dict[str, Any]:
    """A plain mapping that `from_json` reads back to an equal record.

    JSON has no infinity: the open end of a Score is null; its field (low, high) tells its sign.
    """
    body = dataclasses.asdict(record, dict_factory=_without_empty_media)
    context = body.pop("context")
    for end in ("low", "high"):
        if end in body and math.isinf(body[end]):
            body[end] = None
    return {"record": record_name(record), **context, **body}


def from_json(body: Mapping[str, Any]) -> Evidence:
    """The record that `to_json` wrote. Raises KeyError or TypeError on anything else."""
    record = RECORDS[body["record"]]
    context = {f.name: body[f.name] for f in dataclasses.fields(Context)}
    context["prompt"] = tuple(dict(message) for message in context["prompt"])
    context["tags"] = tuple(context["tags"])
    own = {f.name: body[f.name] for f in dataclasses.fields(record) if f.name != "context"}
    return record(context=Context(**context), **{k: _revive(k, v) for k, v in own.items()})


def _without_empty_media(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Text alone is written as it always was, so that equal evidence keeps its digest."""
    return {name: value for name, value in fields if name != "media" or value is not None}


def _revive(name: str, value: Any) -> Any:
    if value is None and name in ("low", "high"):
        return -math.inf if name == "low" else math.inf
    if isinstance(value, Mapping) and name != "context":
        return Candidate(**value)
    if name == "tiers":
        return tuple(tuple(Candidate(**c) for c in tier) for tier in value)
    if name == "spans":
        return tuple((start, end) for start, end in value)
    return value
