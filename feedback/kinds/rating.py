"""Rating: each completion on scales, one for each aspect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Self

from pydantic import Field, field_validator, model_validator

from feedback.complaints import Misfit
from feedback.evidence import Context, Evidence, Score
from feedback.kinds.base import (
    MOST_COMPLETIONS,
    Answer,
    Ask,
    Index,
    Kind,
    Name,
    Settings,
    Whole,
    entry_problems,
    letter,
)
from feedback.texts import excerpt

MOST_ASPECTS = 20
WIDEST = 100


class Aspect(Settings):
    """One scale: whole numbers from `low` to `high`."""

    name: Name = Field(description="The aspect's name in answers: small letters, digits, - and _.")
    label: str = Field(default="", max_length=80, description="What annotators read.")
    low: Whole = Field(default=0, ge=-100, le=100, description="The lowest score.")
    high: Whole = Field(default=4, ge=-100, le=100, description="The highest score.")
    anchors: dict[str, str] = Field(
        default={}, description='What single scores mean: {"0": "useless", "4": "perfect"}.'
    )

    @model_validator(mode="after")
    def _is_a_scale(self) -> Self:
        if not self.low < self.high <= self.low + WIDEST:
            raise Misfit("high", f"high must be above low, by {WIDEST} at most")
        for score, text in self.anchors.items():
            if not re.fullmatch(r"0|-?[1-9][0-9]{0,2}", score, re.ASCII):
                raise Misfit("anchors", f"'{score[:20]}' is no whole number")
            if not self.low <= int(score) <= self.high:
                raise Misfit("anchors", f"{score} is not between {self.low} and {self.high}")
            if len(text) > 300:
                raise Misfit("anchors", f"the text of {score} has over 300 characters")
        return self

    @property
    def unit(self) -> str:
        """The scale in words, such as `0 to 4`."""
        return f"{self.low} to {self.high}"

    @property
    def title(self) -> str:
        """What annotators read: the label, or the name when there is none."""
        return self.label or self.name.replace("_", " ").replace("-", " ").capitalize()


def _scale(name: str, *anchors: str) -> Aspect:
    numbered = {str(score): anchor for score, anchor in enumerate(anchors)}
    return Aspect(name=name, label=name.capitalize(), low=0, high=4, anchors=numbered)


PRESET = (
    _scale("helpfulness", "useless", "barely helps", "helps in part", "mostly helps", "ideal help"),
    _scale("correctness", "all wrong", "mostly wrong", "mixed", "minor errors", "all correct"),
    _scale("coherence", "makes no sense", "hard to follow", "mixed", "mostly clear", "all clear"),
    _scale(
        "complexity", "anybody's words", "simple", "some knowledge", "advanced", "expert's words"
    ),
    _scale("verbosity", "very short", "short", "about right", "long", "very long"),
)


class RatingSettings(Settings):
    """The scales on which every completion is rated."""

    aspects: tuple[Aspect, ...] = Field(
        default=PRESET,
        min_length=1,
        max_length=MOST_ASPECTS,
        description="The scales, in the order shown.",
    )

    @field_validator("aspects")
    @classmethod
    def _each_once(cls, aspects: tuple[Aspect, ...]) -> tuple[Aspect, ...]:
        if len({aspect.name for aspect in aspects}) < len(aspects):
            raise ValueError("name each aspect once")
        return aspects


class Rated(Answer):
    """One completion's scores."""

    completion: Index
    scores: dict[str, Whole] = Field(
        description="A whole number for every aspect that the settings name, by its name, within "
        "that aspect's low and high."
    )


class RatingAnswer(Answer):
    """The scores of each completion."""

    ratings: list[Rated] = Field(
        min_length=1,
        max_length=MOST_COMPLETIONS,
        description="Exactly one entry for each completion.",
    )


class Rating(Kind[RatingAnswer, RatingSettings]):
    """Scores in several aspects, for each completion by itself."""

    name = "rating"
    label = "Rating"
    summary = "How good is each completion, aspect by aspect?"
    fewest = 1
    most = MOST_COMPLETIONS
    agreement_level = "interval"
    answer_model = RatingAnswer
    settings_model = RatingSettings

    def problems(self, answer: RatingAnswer, ask: Ask[RatingSettings]) -> Iterable[str]:
        """Every completion has one score in every aspect, on its scale."""
        yield from entry_problems([rated.completion for rated in answer.ratings], ask, "rating")
        for rated in answer.ratings:
            yield from _score_problems(rated, ask.settings.aspects)

    def evidence(
        self, answer: RatingAnswer, ask: Ask[RatingSettings], context: Context
    ) -> Iterable[Evidence]:
        """One Score a completion and aspect, in stored order."""
        for rated in _ordered(answer):
            for aspect in ask.settings.aspects:
                value = float(rated.scores[aspect.name])
                yield Score(
                    context=context,
                    completion=ask.candidates[rated.completion],
                    aspect=aspect.name,
                    unit=aspect.unit,
                    value=value,
                    low=value,
                    high=value,
                )

    def agreement_value(self, answer: RatingAnswer) -> float:
        """Interval: the mean of all scores."""
        scores = [score for rated in answer.ratings for score in rated.scores.values()]
        return sum(scores) / len(scores)

    def describe(self, answer: RatingAnswer, ask: Ask[RatingSettings]) -> str:
        """For example `A 4 3 4, B 1 2 0`: scores in the order of the aspects."""
        names = [aspect.name for aspect in ask.settings.aspects]
        return ", ".join(
            " ".join([letter(rated.completion), *(str(rated.scores[name]) for name in names)])
            for rated in _ordered(answer)
        )


def _ordered(answer: RatingAnswer) -> list[Rated]:
    return sorted(answer.ratings, key=lambda rated: rated.completion)


def _score_problems(rated: Rated, aspects: Iterable[Aspect]) -> Iterator[str]:
    where = f"completion {rated.completion}"
    known = {aspect.name: aspect for aspect in aspects}
    for name in sorted(set(rated.scores) - set(known)):
        yield f"There is no aspect '{excerpt(name, 80)}' ({where}); asked are: {', '.join(known)}."
    for name, aspect in known.items():
        score = rated.scores.get(name)
        if score is None:
            yield f"The score of {where} in {name} is missing."
        elif not aspect.low <= score <= aspect.high:
            yield f"The score of {where} in {name} is {excerpt(str(score))}; use {aspect.unit}."
