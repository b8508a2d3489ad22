"""Thumbs: is each completion wanted or not, and what about it is good or bad."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator

from feedback.evidence import Context, Evidence, Verdict
from feedback.intervals import wilson
from feedback.kinds.base import (
    LONGEST_REASON,
    MOST_COMPLETIONS,
    Answer,
    Ask,
    Index,
    Kind,
    Round,
    Settings,
    Truth,
    Wanted,
    entry_problems,
    wanted_problem,
)
from feedback.texts import excerpt

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
            raise ValueError("name each tag once")
        return tags

    def tags(self, *, desirable: bool) -> tuple[str, ...]:
        """The tags that are offered for a thumb of that direction."""
        return self.tags_up if desirable else self.tags_down


class Thumb(Answer):
    """One completion's thumb."""

    completion: Index
    desirable: Truth = Field(description="True: thumb up, good enough. False: thumb down.")
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
    reported = True
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

    def agreement_parts(self, answer: ThumbsAnswer) -> list[str]:
        """Nominal: each completion's thumb."""
        return list(self.agreement_value(answer))

    def describe(self, answer: ThumbsAnswer, ask: Ask[ThumbsSettings]) -> str:
        """For example `up` or `up, down (wrong, too long)`."""
        return ", ".join(_described(thumb) for thumb in _ordered(answer))

    def report(
        self, rounds: Iterable[Round], shown: Mapping[str, int] | None = None
    ) -> Mapping[str, Any]:
        """By label: how often shown, reactions in use and their rate, and the share up, asked ones apart.

        Reactions are selective: a share among them says little where few of those who saw it reacted.
        """
        counts: dict[str, _Counts] = defaultdict(_Counts)
        for label, times in (shown or {}).items():
            counts[label].shown = times
        for one in rounds:
            for thumb in one.answer.thumbs:
                counts[one.ask.candidates[thumb.completion].label].count(thumb, in_use=one.in_use)
        labels = sorted(counts, key=lambda label: (-counts[label].total, label))
        return {"labels": [counts[label].figures(label) for label in labels]}


@dataclass(slots=True)
class _Counts:
    """What is counted of the completions of one label."""

    shown: int = 0
    in_use: Counter[bool] = field(default_factory=Counter)
    asked: Counter[bool] = field(default_factory=Counter)
    tags: dict[bool, Counter[str]] = field(
        default_factory=lambda: {True: Counter(), False: Counter()}
    )

    @property
    def total(self) -> int:
        """All thumbs."""
        return self.in_use.total() + self.asked.total()

    def count(self, thumb: Thumb, *, in_use: bool) -> None:
        """One thumb."""
        (self.in_use if in_use else self.asked)[thumb.desirable] += 1
        self.tags[thumb.desirable].update(thumb.tags)

    def figures(self, label: str) -> dict[str, Any]:
        """As the report shows them; a rate or share of nothing is None."""
        reactions = self.in_use.total()
        return {
            "label": label,
            "shown": self.shown,
            "reactions": reactions,
            "rate": min(1.0, reactions / self.shown) if self.shown else None,
            "in_use": _share(self.in_use),
            "asked": _share(self.asked),
            "tags_up": self.tags[True].most_common(),
            "tags_down": self.tags[False].most_common(),
        }


def _share(thumbs: Counter[bool]) -> dict[str, float] | None:
    """The share up among n thumbs, with Wilson's 95 % interval."""
    n = thumbs.total()
    if not n:
        return None
    share = thumbs[True] / n
    low, high = wilson(share, n)
    return {"n": n, "up": thumbs[True], "share": share, "low": low, "high": high}


def _tag_problems(thumb: Thumb, settings: ThumbsSettings) -> Iterable[str]:
    direction, offered = (
        "up" if thumb.desirable else "down",
        settings.tags(desirable=thumb.desirable),
    )
    for tag in sorted(set(thumb.tags) - set(offered)):
        known = ", ".join(offered) or "none"
        yield f"There is no tag '{excerpt(tag, 80)}' for a thumb {direction}; offered are: {known}."
    if len(set(thumb.tags)) < len(thumb.tags):
        yield f"A tag of completion {thumb.completion} is given twice; give it once."


def _ordered(answer: ThumbsAnswer) -> list[Thumb]:
    return sorted(answer.thumbs, key=lambda thumb: thumb.completion)


def _described(thumb: Thumb) -> str:
    tags = f" ({', '.join(thumb.tags)})" if thumb.tags else ""
    return ("up" if thumb.desirable else "down") + tags
