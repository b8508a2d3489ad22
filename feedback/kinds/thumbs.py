"""Thumbs: is each completion wanted or not."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from feedback.evidence import Context, Evidence, Verdict
from feedback.kinds.base import Answer, Ask, Kind, Settings


class Thumb(Answer):
    """One completion's thumb: up is desirable."""

    completion: int = Field(ge=0)
    desirable: bool
    reason: str = Field(default="", max_length=10_000)


class ThumbsAnswer(Answer):
    """One thumb for each completion asked about."""

    thumbs: list[Thumb] = Field(min_length=1)


class Thumbs(Kind[ThumbsAnswer, Settings]):
    """Up or down, for each completion by itself."""

    name = "thumbs"
    label = "Thumbs"
    summary = "Is the completion good enough: up or down?"
    fewest = 1
    most = 10
    answer_model = ThumbsAnswer
    settings_model = Settings

    def problems(self, answer: ThumbsAnswer, ask: Ask[Settings]) -> Iterable[str]:
        """Every completion has one thumb, and no other does."""
        asked = sorted(thumb.completion for thumb in answer.thumbs)
        completions = len(ask.candidates)
        if asked != list(range(completions)):
            yield f"One thumb is needed for each of the {completions} completions, from index 0."

    def evidence(
        self, answer: ThumbsAnswer, ask: Ask[Settings], context: Context
    ) -> Iterable[Evidence]:
        """One Verdict a completion."""
        for thumb in answer.thumbs:
            yield Verdict(
                context=context,
                completion=ask.candidates[thumb.completion],
                desirable=thumb.desirable,
            )

    def agreement_value(self, answer: ThumbsAnswer) -> str:
        """Nominal: the thumbs in stored order."""
        ordered = sorted(answer.thumbs, key=lambda thumb: thumb.completion)
        return "".join("+" if thumb.desirable else "-" for thumb in ordered)

    def describe(self, answer: ThumbsAnswer, ask: Ask[Settings]) -> str:
        """For example `up` or `up, down`."""
        ordered = sorted(answer.thumbs, key=lambda thumb: thumb.completion)
        return ", ".join("up" if thumb.desirable else "down" for thumb in ordered)
