"""Critique: what is good or bad about a completion, where in it, and perhaps how to write it better."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from feedback.evidence import Context, Evidence
from feedback.evidence import Critique as Criticism
from feedback.kinds.base import (
    LONGEST_REASON,
    LONGEST_TEXT,
    MOST_COMPLETIONS,
    Answer,
    Ask,
    Index,
    Kind,
    Settings,
    Wanted,
    Whole,
    entry_problems,
    excerpt,
    letter,
    same_text,
    wanted_problem,
)

MOST_SPANS = 100


class CritiqueSettings(Settings):
    """What may be given besides the text."""

    spans: bool = Field(default=True, description="Whether parts of a completion can be marked.")
    rewrite: Wanted = Field(default="optional", description="Whether a rewrite is asked for.")


class Span(Answer):
    """A part of a completion: [start, end) in Unicode code points of its stored text."""

    start: Whole = Field(
        ge=0, description="The first character's index, counted from 0 in Unicode code points."
    )
    end: Whole = Field(ge=1, description="The index after the last character.")
    quote: str = Field(
        min_length=1,
        max_length=LONGEST_TEXT,
        description="Exactly the characters from start to end, copied from the completion.",
    )
    note: str = Field(
        default="", max_length=LONGEST_REASON, description="What is to be said about this part."
    )


def _none_if_blank(value: Any) -> Any:
    # A form sends a rewrite that was not written as an empty text.
    return None if isinstance(value, str) and not value.strip() else value


class Remark(Answer):
    """What is to be said about one completion."""

    completion: Index
    text: str = Field(
        min_length=1,
        max_length=LONGEST_TEXT,
        description="What is good or bad about it; not blank.",
    )
    spans: list[Span] = Field(
        default=[], max_length=MOST_SPANS, description="Marked parts; they may overlap."
    )
    rewrite: Annotated[str | None, BeforeValidator(_none_if_blank)] = Field(
        default=None,
        max_length=LONGEST_TEXT,
        description="The whole completion, written better; null when there is none.",
    )


class CritiqueAnswer(Answer):
    """What is to be said about each completion."""

    critiques: list[Remark] = Field(
        min_length=1,
        max_length=MOST_COMPLETIONS,
        description="Exactly one entry for each completion.",
    )


class Critique(Kind[CritiqueAnswer, CritiqueSettings]):
    """Free text on each completion, with marked parts and a rewrite."""

    name = "critique"
    label = "Critique"
    summary = "What is good or bad about the completion, and where?"
    fewest = 1
    most = MOST_COMPLETIONS
    images = False  # spans and rewrites are of text
    answer_model = CritiqueAnswer
    settings_model = CritiqueSettings

    def problems(self, answer: CritiqueAnswer, ask: Ask[CritiqueSettings]) -> Iterable[str]:
        """Every completion has one critique; what it quotes stands where it says."""
        yield from entry_problems([one.completion for one in answer.critiques], ask, "critique")
        for remark in answer.critiques:
            if not remark.text.strip():
                yield f"The critique of completion {remark.completion} is blank; write it."
            if remark.completion < len(ask.candidates):
                original = ask.candidates[remark.completion].text
                yield from _span_problems(remark, original, ask.settings)
                yield from _rewrite_problems(remark, original, ask.settings)

    def evidence(
        self, answer: CritiqueAnswer, ask: Ask[CritiqueSettings], context: Context
    ) -> Iterable[Evidence]:
        """One Critique a completion, in stored order. Notes on spans are added to its text, a line each."""
        for remark in _ordered(answer):
            notes = [f"“{span.quote}”: {span.note}" for span in remark.spans if span.note.strip()]
            yield Criticism(
                context=context,
                completion=ask.candidates[remark.completion],
                text="\n".join([remark.text, *notes]),
                spans=tuple((span.start, span.end) for span in remark.spans),
                revision=remark.rewrite,
            )

    def agreement_value(self, answer: CritiqueAnswer) -> None:
        """None: two critiques in words are not comparable."""
        return None

    def describe(self, answer: CritiqueAnswer, ask: Ask[CritiqueSettings]) -> str:
        """For example `A: The year is wrong. (1 part marked, rewritten)`."""
        return "; ".join(_described(remark) for remark in _ordered(answer))


def _ordered(answer: CritiqueAnswer) -> list[Remark]:
    return sorted(answer.critiques, key=lambda remark: remark.completion)


def _span_problems(remark: Remark, original: str, settings: CritiqueSettings) -> Iterator[str]:
    if remark.spans and not settings.spans:
        yield "Parts cannot be marked here; leave the spans out."
        return
    for number, span in enumerate(remark.spans):
        where = f"Span {number} of completion {remark.completion}"
        if not span.start < span.end <= len(original):
            yield (
                f"{where} goes from {span.start} to {span.end}; it must begin before it ends, "
                f"within the text's {len(original)} characters."
            )
        elif not same_text(original[span.start : span.end], span.quote):
            found = excerpt(original[span.start : span.end])
            yield f"{where} quotes “{excerpt(span.quote)}”, but “{found}” stands there."
    places = [(span.start, span.end) for span in remark.spans]
    if len(set(places)) < len(places):
        yield f"A part of completion {remark.completion} is marked twice; mark it once."


def _rewrite_problems(remark: Remark, original: str, settings: CritiqueSettings) -> Iterator[str]:
    where = f"rewrite of completion {remark.completion}"
    yield from wanted_problem(settings.rewrite, remark.rewrite or "", where)
    if remark.rewrite is not None and same_text(remark.rewrite, original):
        yield f"The {where} changes nothing; change it or leave it out."


def _described(remark: Remark) -> str:
    marked = len(remark.spans)
    parts = [f"{marked} part{'s' if marked > 1 else ''} marked"] if marked else []
    parts += ["rewritten"] if remark.rewrite is not None else []
    more = f" ({', '.join(parts)})" if parts else ""
    return f"{letter(remark.completion)}: {excerpt(remark.text)}{more}"
