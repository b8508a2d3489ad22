"""Correction: a completion edited until it is right."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from feedback.evidence import Context, Critique, Evidence
from feedback.kinds.base import (
    LONGEST_TEXT,
    MOST_COMPLETIONS,
    Answer,
    Ask,
    Index,
    Kind,
    Settings,
    Truth,
    entry_problems,
    letter,
    same_text,
)


class Corrected(Answer):
    """One completion as it should be."""

    completion: Index
    text: str = Field(
        min_length=1,
        max_length=LONGEST_TEXT,
        description="The whole completion, corrected; an exact copy when nothing is wrong.",
    )
    unchanged: Truth = Field(
        default=False,
        description="True when nothing had to be changed; then the text is an exact copy.",
    )


class CorrectionAnswer(Answer):
    """Each completion as it should be."""

    corrections: list[Corrected] = Field(
        min_length=1,
        max_length=MOST_COMPLETIONS,
        description="Exactly one entry for each completion.",
    )


class Correction(Kind[CorrectionAnswer, Settings]):
    """The completion itself, edited."""

    name = "correction"
    label = "Correction"
    summary = "How should the completion read?"
    fewest = 1
    most = MOST_COMPLETIONS
    images = False  # only text can be edited
    answer_model = CorrectionAnswer
    settings_model = Settings

    def problems(self, answer: CorrectionAnswer, ask: Ask[Settings]) -> Iterable[str]:
        """Every completion has one corrected text, and says truly whether it was changed."""
        yield from entry_problems([one.completion for one in answer.corrections], ask, "correction")
        for one in answer.corrections:
            if one.completion < len(ask.candidates):
                yield from _text_problems(one, ask.candidates[one.completion].text)

    def evidence(
        self, answer: CorrectionAnswer, ask: Ask[Settings], context: Context
    ) -> Iterable[Evidence]:
        """One Critique a changed completion: without words, the corrected text as its revision."""
        for one in _ordered(answer):
            if not one.unchanged:
                yield Critique(
                    context=context,
                    completion=ask.candidates[one.completion],
                    text="",
                    revision=one.text,
                )

    def agreement_value(self, answer: CorrectionAnswer) -> str:
        """Nominal: which completions had to be changed, in stored order."""
        return "".join("=" if one.unchanged else "~" for one in _ordered(answer))

    def describe(self, answer: CorrectionAnswer, ask: Ask[Settings]) -> str:
        """For example `A unchanged, B corrected`."""
        return ", ".join(
            f"{letter(one.completion)} {'unchanged' if one.unchanged else 'corrected'}"
            for one in _ordered(answer)
        )


def _ordered(answer: CorrectionAnswer) -> list[Corrected]:
    return sorted(answer.corrections, key=lambda one: one.completion)


def _text_problems(one: Corrected, original: str) -> Iterable[str]:
    where = f"text of completion {one.completion}"
    if not one.text.strip():
        yield f"The {where} is blank; write how it should read."
    elif one.unchanged and not same_text(one.text, original):
        yield f"The {where} was changed and marked as unchanged; take one of them back."
    elif not one.unchanged and same_text(one.text, original):
        yield f"The {where} is as it was; correct it, or mark it as unchanged."
