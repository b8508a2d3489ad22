"""Pairwise: which of two completions is better, how much, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from feedback.evidence import Comparison, Context, Evidence
from feedback.kinds.base import (
    LONGEST_REASON,
    Answer,
    Ask,
    Kind,
    Name,
    Settings,
    Wanted,
    Whole,
    letter,
    wanted_problem,
)
from feedback.texts import excerpt

ADVERBS = ("slightly", "clearly", "much")


class PairwiseSettings(Settings):
    """What is asked besides the choice."""

    aspects: tuple[Name, ...] = Field(
        default=(),
        max_length=12,
        description="Aspects that are compared one by one besides the whole, such as helpful.",
    )
    both_bad: bool = Field(
        default=True, description="Whether one may say that both completions are bad."
    )
    reason: Wanted = Field(default="optional", description="Whether a reason is asked for.")

    @field_validator("aspects")
    @classmethod
    def _each_once(cls, aspects: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(aspects)) < len(aspects):
            raise ValueError("name each aspect once")
        return aspects


def _without_blanks(value: Any) -> Any:
    # A form sends an aspect that was left open as an empty text.
    return {k: v for k, v in value.items() if v != ""} if isinstance(value, dict) else value


class PairwiseAnswer(Answer):
    """Which of two completions is better. `first` and `second` are the stored order."""

    choice: Literal["first", "second", "tie", "both_bad"] = Field(
        description="The better completion on the whole; `tie`: equally good; "
        "`both_bad`: neither is acceptable."
    )
    strength: Whole = Field(
        default=1,
        ge=1,
        le=3,
        description="How much better: 1 slightly, 2 clearly, 3 much. "
        "Without effect in a tie or when both are bad.",
    )
    reason: str = Field(default="", max_length=LONGEST_REASON, description="Why, in a few words.")
    aspects: Annotated[
        dict[str, Literal["first", "second", "tie"]], BeforeValidator(_without_blanks)
    ] = Field(
        default={},
        description="The better completion in single aspects, by the aspect's name; only aspects "
        "that the settings name, and any of them may be left out.",
    )


class Pairwise(Kind[PairwiseAnswer, PairwiseSettings]):
    """Two completions side by side: first, second, tie or both bad."""

    name = "pairwise"
    label = "Pairwise"
    summary = "Which of two completions is better, and by how much?"
    fewest = most = 2
    chooses = True
    answer_model = PairwiseAnswer
    settings_model = PairwiseSettings

    def problems(self, answer: PairwiseAnswer, ask: Ask[PairwiseSettings]) -> Iterable[str]:
        """Only what the settings allow is said, and nothing that they require is left out."""
        if answer.choice == "both_bad" and not ask.settings.both_bad:
            yield "Both bad cannot be said here; choose first, second or tie."
        yield from wanted_problem(ask.settings.reason, answer.reason, "reason")
        known = ", ".join(ask.settings.aspects) or "none"
        for aspect in sorted(set(answer.aspects) - set(ask.settings.aspects)):
            yield f"There is no aspect '{excerpt(aspect, 80)}' here; asked are: {known}."

    def evidence(
        self, answer: PairwiseAnswer, ask: Ask[PairwiseSettings], context: Context
    ) -> Iterable[Evidence]:
        """One Comparison, where a tie and both bad have strength 0, and one for each aspect said."""
        first, second = ask.candidates
        decided = self.chosen(answer) is not None
        yield Comparison(
            context=context,
            first=first,
            second=second,
            outcome=answer.choice,
            strength=float(answer.strength) if decided else 0.0,
        )
        for aspect, choice in sorted(answer.aspects.items()):
            yield Comparison(
                context=context,
                first=first,
                second=second,
                outcome=choice,
                strength=0.0 if choice == "tie" else 1.0,
                aspect=aspect,
            )

    def agreement_value(self, answer: PairwiseAnswer) -> str:
        """Nominal: the choice."""
        return answer.choice

    def chosen(self, answer: PairwiseAnswer) -> int | None:
        """The preferred one; none in a tie or when both are bad."""
        return {"first": 0, "second": 1}.get(answer.choice)

    def describe(self, answer: PairwiseAnswer, ask: Ask[PairwiseSettings]) -> str:
        """For example `B, clearly better`."""
        chosen = self.chosen(answer)
        if chosen is None:
            return answer.choice.replace("_", " ")
        return f"{letter(chosen)}, {ADVERBS[answer.strength - 1]} better"
