"""What a kind of feedback declares: its answer, what the answer amounts to, and how it is shown."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from feedback.complaints import NAME, field_errors
from feedback.errors import InvalidInput
from feedback.evidence import Candidate, Context, Evidence
from feedback.texts import flaw_of

LONGEST_TEXT = 200_000  # as long as a completion may be
LONGEST_REASON = 10_000
MOST_COMPLETIONS = 10


def _whole(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a whole number is needed, not true or false")
    if isinstance(value, float) and value.is_integer():
        raise ValueError("a whole number is needed, without a decimal point")
    return value


def _truth(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    known = {"true": True, "1": True, "false": False, "0": False}
    said = known.get(value.lower()) if isinstance(value, str) else None
    if said is None:
        raise ValueError("true or false is needed")
    return said


# True is 1 to Python, and to nobody else. Texts of digits are read too, because forms and CSV know only texts.
Whole = Annotated[int, BeforeValidator(_whole)]
# True or false; as text `true`, `false`, `1` or `0`.
Truth = Annotated[bool, BeforeValidator(_truth)]
Index = Annotated[
    int,
    Field(ge=0, description="Which completion: its stored index, counted from 0."),
    BeforeValidator(_whole),
]
Name = Annotated[str, Field(pattern=NAME)]  # part of a form field's name
Wanted = Literal["off", "optional", "required"]
Level = Literal["nominal", "ordinal", "interval"]


class Answer(BaseModel):
    """Base of every answer: unknown fields are refused, so that a typing error is not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Settings(BaseModel):
    """Base of a kind's project settings; fixed on an item when the item is created."""

    model_config = ConfigDict(extra="forbid", frozen=True)


AnswerT = TypeVar("AnswerT", bound=Answer)
SettingsT = TypeVar("SettingsT", bound=Settings)


@dataclass(frozen=True, slots=True)
class Ask(Generic[SettingsT]):
    """What is asked: the completions in stored order, and the settings that the item fixed."""

    candidates: Sequence[Candidate]
    settings: SettingsT


class Question(BaseModel):
    """A comprehension question; `correct` is an index of `options`, `why` is shown after an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=2000)
    options: tuple[str, ...] = Field(min_length=2, max_length=8)
    correct: int = Field(ge=0)
    why: str = Field(default="", max_length=2000)


class Practice(BaseModel):
    """A round that does not count: a prompt and its completions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: str = Field(min_length=1, max_length=10_000)
    completions: tuple[str, ...] = Field(min_length=1, max_length=10)


@dataclass(frozen=True, slots=True)
class Gate:
    """What an annotator passes before the first real item of a kind."""

    introduction: str  # Markdown
    questions: tuple[Question, ...] = ()
    practice: tuple[Practice, ...] = ()


@dataclass(frozen=True, slots=True)
class Round:
    """One stored answer as a session or a report sees it. `item` is the first one where items repeat."""

    judgment: int
    item: int
    annotator: str
    answer: Any
    ask: Ask[Any]
    outcome: Mapping[str, Any]
    created: str
    seconds: float | None = None
    others: Mapping[str, Any] | None = None  # this annotator's answers to the item, by kind
    in_use: bool = False  # a reaction of somebody to whom the completion was shown, not a task


class Kind(Generic[AnswerT, SettingsT]):
    """A form of feedback. Answers name completions by stored index from 0, whatever order was shown."""

    name: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    version: ClassVar[int] = 1
    fewest: ClassVar[int] = 1
    most: ClassVar[int] = 1
    images: ClassVar[bool] = True  # whether a completion may be an image without text
    reported: ClassVar[bool] = False  # whether `report` and its template exist
    agreement_level: ClassVar[Level] = "nominal"  # what may be done with `agreement_value`
    chooses: ClassVar[bool] = False  # whether `chosen` is what the answer is about
    answer_model: type[AnswerT]
    settings_model: type[SettingsT]

    def ask(self, candidates: Sequence[Candidate], settings: Mapping[str, Any]) -> Ask[SettingsT]:
        """The question that an item with these stored settings asks."""
        return Ask(candidates, self.settings_model.model_validate(settings))

    def parse(self, payload: Mapping[str, Any], ask: Ask[SettingsT]) -> AnswerT:
        """The validated answer; raises InvalidInput `invalid_answer` naming each wrong field."""
        flaw = flaw_of(payload)
        if flaw is not None:
            raise invalid_answer(self.name, [{"where": self.name, "message": flaw.value}])
        try:
            answer = self.answer_model.model_validate(payload)
        except ValidationError as error:
            raise invalid_answer(self.name, field_errors(error)) from error
        problems = list(self.problems(answer, ask))
        if problems:
            raise invalid_answer(self.name, [{"where": self.name, "message": p} for p in problems])
        return answer

    def upgrade(self, payload: Mapping[str, Any], version: int) -> Mapping[str, Any]:
        """An answer stored by an older version, as this version writes it. Stored rows never change."""
        return payload

    def problems(self, answer: AnswerT, ask: Ask[SettingsT]) -> Iterable[str]:
        """What is wrong with an answer that its model alone cannot see."""
        return ()

    def evidence(
        self, answer: AnswerT, ask: Ask[SettingsT], context: Context
    ) -> Iterable[Evidence]:
        """What the answer amounts to."""
        raise NotImplementedError

    def agreement_value(self, answer: AnswerT) -> str | float | None:
        """The value on which annotators' agreement is measured; None for free text, which has none."""
        raise NotImplementedError

    def agreement_parts(self, answer: AnswerT) -> Sequence[str | float]:
        """The values of the completions in stored order, where each is judged by itself; else nothing.

        Agreement is measured on these then: of several completions one value for all would count answers that
        differ in one as wholly unlike.
        """
        return ()

    def known_problem(self, answer: AnswerT, settings: SettingsT) -> str | None:
        """Why the answer cannot be one that is known and expected of everybody (gold), or None."""
        if self.agreement_value(answer) is not None and not self.keeps_sessions(settings):
            return None
        return f"{self.label} has no answer that everybody must give, so it cannot be gold."

    def describe(self, answer: AnswerT, ask: Ask[SettingsT]) -> str:
        """A past answer in a few words, as lists show it."""
        raise NotImplementedError

    def chosen(self, answer: AnswerT) -> int | None:
        """The stored index of the one completion that the answer prefers, or None."""
        return None

    def position_value(self, answer: AnswerT, order: Sequence[int]) -> str | None:
        """Where the preferred one of two completions stood: `left`, `right` or `neither`.

        `order` holds the stored indices as they were shown. None where not two were shown, or nothing is chosen.
        """
        if not self.chooses or len(order) != 2:
            return None
        chosen = self.chosen(answer)
        return "neither" if chosen is None else ("left", "right")[order.index(chosen)]

    def outcome(
        self, answer: AnswerT, ask: Ask[SettingsT], chance: random.Random | None
    ) -> Mapping[str, Any]:
        """What is worked out and stored beside the answer: flags, draws. JSON; shown once it is stored.

        `chance` is seeded from the session's secret and the item, so that a draw can be repeated in an audit.
        It is None where no session is kept: nothing is drawn for judges and imports.
        """
        return {}

    def is_final(self, settings: SettingsT) -> bool:
        """Whether an answer can no longer be changed once stored, because its outcome was shown."""
        return False

    def gate(self, settings: SettingsT) -> Gate | None:
        """What must be passed before the first real item, if anything."""
        return None

    def keeps_sessions(self, settings: SettingsT) -> bool:
        """Whether answers belong to a session with a record of its own, closed by `close_session`."""
        return False

    def close_session(self, rounds: Sequence[Round], chance: random.Random) -> Mapping[str, Any]:
        """What a session amounts to when it ends, such as the round that is paid. JSON."""
        return {}

    def report(
        self, rounds: Iterable[Round], shown: Mapping[str, int] | None = None
    ) -> Mapping[str, Any]:
        """What the owner's report page shows of these answers; asked only of a kind that is `reported`.

        `shown` is how often completions of each label were shown to somebody who could react.
        """
        raise NotImplementedError

    def completions_problem(self, completions: int) -> str | None:
        """Why so many completions do not suit this kind, or None when they do."""
        if self.fewest <= completions <= self.most:
            return None
        wanted = str(self.fewest) if self.fewest == self.most else f"{self.fewest} to {self.most}"
        return f"{self.label} needs {wanted} completions, and there are {completions}."


def entry_problems(entries: Sequence[int], ask: Ask[Any], thing: str) -> Iterator[str]:
    """What is wrong with a list that must have one entry for each completion, given their indices."""
    count = len(ask.candidates)
    for index, times in sorted(Counter(entries).items()):
        if index >= count:
            yield f"There is no completion {index}: they are counted from 0 to {count - 1}."
        elif times > 1:
            yield f"There are {times} {thing}s for completion {index}; give one."
    for index in sorted(set(range(count)) - set(entries)):
        yield f"The {thing} for completion {index} is missing."


def wanted_problem(wanted: Wanted, text: str, thing: str) -> Iterator[str]:
    """What is wrong with a text that the settings switch off or require."""
    if wanted == "required" and not text.strip():
        yield f"A {thing} is required; write one."
    elif wanted == "off" and text:
        yield f"No {thing} is asked for; leave it out."


def same_text(one: str, other: str) -> bool:
    """Whether two texts are equal but for their line ends, which browsers rewrite in text areas."""
    return one.replace("\r\n", "\n") == other.replace("\r\n", "\n")


def letter(index: int) -> str:
    """A completion's letter in stored order: A is index 0."""
    return chr(ord("A") + index)


def invalid_answer(kind: str, details: Sequence[Mapping[str, Any]]) -> InvalidInput:
    """The error for an answer that does not fit its kind; the first detail is told in full."""
    where, message = details[0]["where"], details[0]["message"]
    told = message if where == kind else f"{where}: {message}"
    return InvalidInput(
        f"The answer does not fit the kind '{kind}': {told}",
        code="invalid_answer",
        details=details,
    )
