"""Pairwise: which of two completions is better, how much, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from feedback.evidence import Comparison, Context, Evidence
from feedback.kinds.base import Answer, Ask, Kind, Settings


class PairwiseAnswer(Answer):
    """`first` and `second` are the stored order; strength counts only for a preference."""

    choice: Literal["first", "second", "tie"]
    strength: int = Field(default=1, ge=1, le=3, description="1 slightly, 2 clearly, 3 much better")
    reason: str = Field(default="", max_length=10_000)


class Pairwise(Kind[PairwiseAnswer, Settings]):
    """Two completions side by side: first, second or tie."""

    name = "pairwise"
    label = "Pairwise"
    summary = "Which of two completions is better, and by how much?"
    fewest = most = 2
    answer_model = PairwiseAnswer
    settings_model = Settings

    def evidence(
        self, answer: PairwiseAnswer, ask: Ask[Settings], context: Context
    ) -> Iterable[Evidence]:
        """One Comparison; a tie has strength 0."""
        strength = 0.0 if answer.choice == "tie" else float(answer.strength)
        first, second = ask.candidates
        yield Comparison(
            context=context, first=first, second=second, outcome=answer.choice, strength=strength
        )

    def agreement_value(self, answer: PairwiseAnswer) -> str:
        """Nominal: the choice."""
        return answer.choice

    def chosen(self, answer: PairwiseAnswer) -> int | None:
        """The preferred one; none in a tie."""
        return {"first": 0, "second": 1}.get(answer.choice)

    def describe(self, answer: PairwiseAnswer, ask: Ask[Settings]) -> str:
        """For example `second, clearly`."""
        if answer.choice == "tie":
            return "tie"
        return f"{answer.choice}, {('slightly', 'clearly', 'much')[answer.strength - 1]} better"
