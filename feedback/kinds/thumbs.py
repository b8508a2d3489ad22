"""Thumbs: is each completion wanted or not, and what about it is good or bad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from feedback.evidence import Context, Evidence, Verdict
from feedback.kinds.base import (
    LONGEST_REASON,
    MOST_COMPLETIONS,
    Answer,
    Ask,
    Index,
    Kind,
    Settings,
    Wanted,
    entry_problems,
    wanted_problem,
)

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class ThumbsSettings(Settings):
    """Which tags are offered, and whether a reason is asked for."""

    tags_up: tuple[Tag, ...] = Field(
        default=("correct", "helpful", "clear", "complete", "good style"),
        max_length=12,
        description="What may be good about a completion with a thumb up.",
    )
    tags_down: tuple[Tag, ...] = Field(
        default=("wrong", "off the point", "unclear", "too long", "incomplete", "harmful"),
        max_length=12,
        description="What may be bad about a completion with a thumb down.",
    )
    reason: Wanted = Field(default="optional", description="Whether a reason is asked for.")

    @field_validator("tags_up", "tags_down")
    @classmethod
    def _each_once(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(tags)) < len(tags):
            raise ValueError("each tag is named once")
        return tags

    def tags(self, *, desirable: bool) -> tuple[str, ...]:
        """The tags that are offered for a thumb of that direction."""
        return self.tags_up if desirable else self.tags_down


class Thumb(Answer):
    """One completion's thumb."""

    completion: Index
    desirable: bool = Field(description="True: thumb up, good enough. False: thumb down.")
    tags: list[str] = Field(
        default=[],
        max_length=12,
        description="What is good about it (from the settings' tags_up) or bad (from tags_down).",
    )
    reason: str = Field(default="", max_length=LONGEST_REASON, description="Why, in a few words.")


class ThumbsAnswer(Answer):
    """One thumb for each completion."""

    thumbs: list[Thumb] = Field(
        min_length=1,
        max_length=MOST_COMPLETIONS,
        description="Exactly one thumb for each completion.",
    )


class Thumbs(Kind[ThumbsAnswer, ThumbsSettings]):
    """Up or down, for each completion by itself."""

    name = "thumbs"
    label = "Thumbs"
    summary = "Is the completion good enough: up or down?"
    fewest = 1
    most = MOST_COMPLETIONS
    answer_model = ThumbsAnswer
    settings_model = ThumbsSettings

    def problems(self, answer: ThumbsAnswer, ask: Ask[ThumbsSettings]) -> Iterable[str]:
        """Every completion has one thumb, with tags of its direction."""
        yield from entry_problems([thumb.completion for thumb in answer.thumbs], ask, "thumb")
        for thumb in answer.thumbs:
            where = f"reason for completion {thumb.completion}"
            yield from wanted_problem(ask.settings.reason, thumb.reason, where)
            yield from _tag_problems(thumb, ask.settings)

    def evidence(
        self, answer: ThumbsAnswer, ask: Ask[ThumbsSettings], context: Context
    ) -> Iterable[Evidence]:
        """One Verdict a completion, in stored order."""
        for thumb in _ordered(answer):
            yield Verdict(
                context=context,
                completion=ask.candidates[thumb.completion],
                desirable=thumb.desirable,
            )

    def agreement_value(self, answer: ThumbsAnswer) -> str:
        """Nominal: the thumbs in stored order."""
        return "".join("+" if thumb.desirable else "-" for thumb in _ordered(answer))

    def describe(self, answer: ThumbsAnswer, ask: Ask[ThumbsSettings]) -> str:
        """For example `up` or `up, down (wrong, too long)`."""
        return ", ".join(_described(thumb) for thumb in _ordered(answer))


def _tag_problems(thumb: Thumb, settings: ThumbsSettings) -> Iterable[str]:
    direction, offered = (
        "up" if thumb.desirable else "down",
        settings.tags(desirable=thumb.desirable),
    )
    for tag in sorted(set(thumb.tags) - set(offered)):
        known = ", ".join(offered) or "none"
        yield f"There is no tag '{tag}' for a thumb {direction}; offered are: {known}."
    if len(set(thumb.tags)) < len(thumb.tags):
        yield f"A tag of completion {thumb.completion} is given twice; give it once."


def _ordered(answer: ThumbsAnswer) -> list[Thumb]:
    return sorted(answer.thumbs, key=lambda thumb: thumb.completion)


def _described(thumb: Thumb) -> str:
    tags = f" ({', '.join(thumb.tags)})" if thumb.tags else ""
    return ("up" if thumb.desirable else "down") + tags
