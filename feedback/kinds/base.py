"""What a kind of feedback declares: its answer, what the answer amounts to, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from feedback.errors import InvalidInput
from feedback.evidence import Candidate, Context, Evidence


class Answer(BaseModel):
    """Base of every answer: unknown fields are refused, so that a typing error is not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Settings(BaseModel):
    """Base of a kind's project settings; fixed on an item when the item is created."""

    model_config = ConfigDict(extra="forbid", frozen=True)


AnswerT = TypeVar("AnswerT", bound=Answer)


class Kind(Generic[AnswerT]):
    """A form of feedback. Answers name completions by stored index from 0, whatever order was shown."""

    name: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    version: ClassVar[int] = 1
    fewest: ClassVar[int] = 1
    most: ClassVar[int] = 1
    answer_model: type[AnswerT]
    settings_model: type[Settings] = Settings

    def parse(
        self, payload: Mapping[str, Any], *, completions: int, settings: Mapping[str, Any]
    ) -> AnswerT:
        """The validated answer; raises InvalidInput `invalid_answer` naming each wrong field."""
        try:
            answer = self.answer_model.model_validate(payload)
        except ValidationError as error:
            raise invalid_answer(self.name, field_errors(error)) from error
        problems = list(self.problems(answer, completions))
        if _has_nul(answer.model_dump()):
            problems.append("A NUL character cannot be stored.")
        if problems:
            raise invalid_answer(self.name, [{"where": self.name, "message": p} for p in problems])
        return answer

    def upgrade(self, payload: Mapping[str, Any], version: int) -> Mapping[str, Any]:
        """An answer stored by an older version, as this version writes it. Stored rows never change."""
        return payload

    def problems(self, answer: AnswerT, completions: int) -> Iterable[str]:
        """What is wrong with an answer that its model alone cannot see."""
        return ()

    def evidence(
        self, answer: AnswerT, candidates: Sequence[Candidate], context: Context
    ) -> Iterable[Evidence]:
        """What the answer amounts to. `candidates` are in stored order."""
        raise NotImplementedError

    def agreement_value(self, answer: AnswerT) -> str | float:
        """The value on which annotators' agreement is measured."""
        raise NotImplementedError

    def describe(self, answer: AnswerT) -> str:
        """A past answer in a few words, as lists show it."""
        raise NotImplementedError

    def completions_problem(self, completions: int) -> str | None:
        """Why so many completions do not suit this kind, or None when they do."""
        if self.fewest <= completions <= self.most:
            return None
        wanted = str(self.fewest) if self.fewest == self.most else f"{self.fewest} to {self.most}"
        return f"{self.label} needs {wanted} completions, and there are {completions}."


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, Mapping):
        return any(_has_nul(inner) for inner in (*value.keys(), *value.values()))
    return isinstance(value, list | tuple) and any(_has_nul(inner) for inner in value)


def invalid_answer(kind: str, details: Sequence[Mapping[str, Any]]) -> InvalidInput:
    """The error for an answer that does not fit its kind."""
    first = details[0]["message"] if details else "it could not be read"
    return InvalidInput(
        f"The answer does not fit the kind '{kind}': {first}",
        code="invalid_answer",
        hint="See the answer's schema in the API documentation.",
        details=details,
    )


def field_errors(error: ValidationError) -> list[dict[str, Any]]:
    """Pydantic's complaints as details: where and what, in order."""
    return [
        {"where": ".".join(str(part) for part in e["loc"]) or "answer", "message": e["msg"]}
        for e in error.errors()
    ]
