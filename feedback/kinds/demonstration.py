"""Demonstration: the answer as a person would write it."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from feedback.complaints import counted
from feedback.evidence import Context, Evidence
from feedback.evidence import Demonstration as Written
from feedback.kinds.base import (
    LONGEST_TEXT,
    MOST_COMPLETIONS,
    Answer,
    Ask,
    Kind,
    Settings,
    Whole,
)
from feedback.texts import excerpt


class DemonstrationSettings(Settings):
    """How much is asked for."""

    fewest_characters: Whole = Field(
        default=1,
        ge=1,
        le=10_000,
        description="The shortest answer; spaces around it do not count.",
    )


class DemonstrationAnswer(Answer):
    """An answer to the prompt, written anew."""

    text: str = Field(
        min_length=1,
        max_length=LONGEST_TEXT,
        description="The answer to the prompt as it should be given; not blank.",
    )


class Demonstration(Kind[DemonstrationAnswer, DemonstrationSettings]):
    """The answer to the prompt, written by the annotator."""

    name = "demonstration"
    label = "Demonstration"
    summary = "How would you answer the prompt yourself?"
    fewest = 0
    most = MOST_COMPLETIONS
    answer_model = DemonstrationAnswer
    settings_model = DemonstrationSettings

    def problems(
        self, answer: DemonstrationAnswer, ask: Ask[DemonstrationSettings]
    ) -> Iterable[str]:
        """The text is long enough, which a blank one never is."""
        written, wanted = len(answer.text.strip()), ask.settings.fewest_characters
        if not written:
            yield "The text is blank; write the answer."
        elif written < wanted:
            said = counted(written, "character")
            yield f"The text has {said} and needs at least {wanted}; write more."

    def evidence(
        self, answer: DemonstrationAnswer, ask: Ask[DemonstrationSettings], context: Context
    ) -> Iterable[Evidence]:
        """One Demonstration."""
        yield Written(context=context, completion=answer.text)

    def agreement_value(self, answer: DemonstrationAnswer) -> None:
        """None: two answers in words are not comparable."""
        return None

    def describe(self, answer: DemonstrationAnswer, ask: Ask[DemonstrationSettings]) -> str:
        """The beginning of the text."""
        return excerpt(answer.text)
