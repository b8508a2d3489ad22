"""What every import shares: rows of a file, errors of single rows, and what a row amounts to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, ClassVar

from feedback.errors import InvalidInput
from feedback.texts import Flaw, flaw_of

MAX_TEXT = 200_000  # characters of one message or completion
MAX_LINE = 16 * 1024 * 1024  # bytes of one line of a file, read before it is refused
MAX_NAME = 200  # characters of an id, a tag, a label or an annotator's name


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file; `number` is its line in JSON lines and CSV, its place in JSON, from 1."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one row was refused; the rows after it are read all the same."""

    number: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportedCompletion:
    """A candidate answer, a text or an image; `label` says in plain words what wrote it."""

    text: str
    label: str = ""
    id: str | None = None
    media: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ImportedJudgment:
    """An answer that the file brings along, checked by its kind."""

    kind: str
    annotator: str
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ImportedGold:
    """Known answers that the file brings along, by kind and checked by it, and why they are right."""

    answers: Mapping[str, Mapping[str, Any]]
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """What a row amounts to. With no kinds it brings a prompt and completions, and asks nothing."""

    number: int
    messages: tuple[Mapping[str, str], ...]
    prompt_id: str | None = None
    item_id: str | None = None
    tags: tuple[str, ...] = ()
    completions: tuple[ImportedCompletion, ...] = ()
    kinds: tuple[Mapping[str, Any], ...] = ()
    judgments: tuple[ImportedJudgment, ...] = field(default=())
    gold: ImportedGold | None = None
    close: bool = False


class Format:
    """One file format: how it is told apart and how its rows are read, one after another."""

    name: ClassVar[str]
    label: ClassVar[str]
    extensions: ClassVar[tuple[str, ...]]

    def fits(self, head: bytes) -> bool:
        """Whether a file that begins so may be in this format; asked if its name does not tell."""
        raise NotImplementedError

    def rows(self, stream: IO[bytes]) -> Iterator[Row | RowError]:
        """The rows; raises InvalidInput `unreadable_file` if the file is not in this format."""
        raise NotImplementedError


class RowProblem(Exception):
    """Raised while a row is converted; it becomes a RowError with the row's number."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def at(self, number: int) -> RowError:
        """The error of the row with that number."""
        return RowError(number, self.code, self.message)


_REFUSALS = {
    Flaw.NUL: ("nul_character", "A NUL character in column '{column}'."),
    Flaw.SURROGATE: ("bad_utf8", "Column '{column}' is not valid UTF-8 text."),
    Flaw.DEPTH: ("bad_json", "Column '{column}' is nested too deeply."),
}


def unreadable(label: str, why: str) -> InvalidInput:
    """The error for a file of which nothing can be read."""
    return InvalidInput(
        f"This file cannot be read as {label}: {why}",
        code="unreadable_file",
        hint="Choose another format, or save the file as UTF-8 and try again.",
    )


def storable(number: int, values: Mapping[str, Any]) -> Row | RowError:
    """The row, or why it cannot be stored: a NUL, bytes that are not UTF-8, or endless nesting."""
    for column, value in values.items():
        flaw = flaw_of({column: value})
        if flaw is not None:
            code, message = _REFUSALS[flaw]
            return RowError(number, code, message.format(column=column))
    return Row(number, values)
