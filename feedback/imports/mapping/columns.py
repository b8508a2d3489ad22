"""What a mapping says: which columns hold what. Written by hand or by a form of pickers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from feedback.complaints import field_errors
from feedback.errors import InvalidInput
from feedback.kinds import get_kind

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LabelPart(_Part):
    """Takes one piece of a label: of `bloom-7b_llama-7b` split at `_`, index 0 is `bloom-7b`."""

    separator: str = Field(min_length=1, description="Where the column's text is split.")
    index: int = Field(ge=0, description="Which piece is taken, from 0.")


class CompletionColumns(_Part):
    """Where one completion of an item is: its text, its image, or both."""

    text: str | None = Field(
        default=None,
        description="The column with the text, or with a chat whose last message is the answer.",
    )
    image: str | None = Field(
        default=None,
        description="The column with an image: an https address, or the SHA-256 of an uploaded one. "
        "An empty cell is no image.",
    )
    label: str | None = Field(
        default=None, description="The column that names what wrote it, a model for example."
    )
    label_part: LabelPart | None = Field(
        default=None, description="Which piece of the label, when one column names several models."
    )
    id: str | None = Field(default=None, description="The column with an id of its own.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.text is None and self.image is None:
            raise ValueError("a completion needs a column with its text or its image")
        return self


class AskedKind(_Part):
    """A kind asked about every item, with its settings."""

    kind: str = Field(description="The kind's name, such as `pairwise` or `thumbs`.")
    settings: dict[str, Any] = Field(default_factory=dict, description="The kind's settings.")


class FromColumn(_Part):
    """A value taken from a column, perhaps through a table of values."""

    column: str = Field(description="The column whose value is taken.")
    values: dict[str, Any] | None = Field(
        default=None,
        description="What each value stands for; numbers as text, true and false in small letters. "
        "null means that there is no judgment; a value that is not listed refuses the row.",
    )
    default: Any = Field(
        default=None,
        description="What an empty cell stands for; without it there is no judgment.",
    )


class JudgmentColumns(_Part):
    """A judgment in the file; left out in rows where a column that it needs is empty."""

    kind: str = Field(description="The kind it answers; one of `kinds`.")
    annotator: str | FromColumn = Field(
        description='The annotator\'s name, or `{"column": ...}` when a column names the annotator.'
    )
    answer: dict[str, Any] = Field(
        description="The kind's answer. A text that is `{column}` becomes the column's value, "
        'inside a longer text its text; `{"column": ..., "values": {...}}` maps a value to a part '
        "of the answer, or to all of it."
    )


class GoldColumns(_Part):
    """Known answers, which make the item gold; rows in which the columns are empty are ordinary items."""

    answers: dict[str, Any] = Field(
        min_length=1,
        description="By kind, what everybody should answer; columns are filled in as in judgments.",
    )
    explanation: str | None = Field(
        default=None, description="Why they are right; `{column}` is a column's text."
    )


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Columns = Annotated[list[str], BeforeValidator(_as_list)]


class ImportMapping(_Part):
    """Which columns hold the prompt, its completions, and judgments that exist already."""

    prompt: Columns = Field(
        min_length=1,
        description="Columns joined by blank lines, empty ones left out; or one column with chat "
        "messages, as a list or as JSON text.",
    )
    system: str | None = Field(default=None, description="The column with a system message.")
    prompt_id: str | None = Field(
        default=None, description="The column with the prompt's external id."
    )
    item_id: str | None = Field(default=None, description="The column with the item's external id.")
    tags: Columns = Field(
        default_factory=list, description="Columns with tags: a text is one tag, a list several."
    )
    completions: list[CompletionColumns] = Field(
        default_factory=list, description="The completions in stored order, one column each."
    )
    completions_list: str | None = Field(
        default=None,
        description='The column with a list of texts or of `{"text", "image", "label", "id"}`, instead of '
        "`completions`.",
    )
    kinds: list[AskedKind] = Field(
        default_factory=list,
        description="What is asked about each item; none imports prompts and completions only.",
    )
    judgments: list[JudgmentColumns] = Field(
        default_factory=list, description="Judgments in the file."
    )
    gold: str | GoldColumns | None = Field(
        default=None,
        description='Known answers: a column with `{"answers": {kind: answer}, "explanation": text}`, '
        "or what they are made of. Such a row becomes an item that tests people and is no evidence.",
    )
    close_items: bool = Field(
        default=False, description="Ask nobody else about the imported items."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.completions and self.completions_list is not None:
            raise ValueError("give either completions or completions_list, not both")
        asked = [kind.kind for kind in self.kinds]
        double = next((name for name in asked if asked.count(name) > 1), None)
        if double is not None:
            raise ValueError(f"the kind '{double}' is asked twice")
        strange = next((j.kind for j in self.judgments if j.kind not in asked), None)
        if strange is not None:
            raise ValueError(f"a judgment answers '{strange}', which is not among the kinds")
        known = () if not isinstance(self.gold, GoldColumns) else self.gold.answers
        strange = next((name for name in known if name not in asked), None)
        if strange is not None:
            raise ValueError(f"the gold answers '{strange}', which is not among the kinds")
        return self

    @model_validator(mode="after")
    def _known_kinds(self) -> Self:
        for (
            asked
        ) in self.kinds:  # an unknown kind keeps its own code: get_kind's error passes through
            try:
                get_kind(asked.kind).settings_model.model_validate(asked.settings)
            except ValidationError as error:
                first = field_errors(error)[0]
                message = f"settings of '{asked.kind}': {first['where']}: {first['message']}"
                raise ValueError(message) from error
        return self

    def columns(self) -> Iterator[str]:
        """Every column that the mapping names, in order, perhaps more than once."""
        named = (self.system, self.prompt_id, self.item_id, self.completions_list)
        yield from (*self.prompt, *self.tags, *(name for name in named if name is not None))
        for part in self.completions:
            named = (part.text, part.image, part.label, part.id)
            yield from (name for name in named if name is not None)
        for judgment in self.judgments:
            if isinstance(judgment.annotator, FromColumn):
                yield judgment.annotator.column
            yield from _template_columns(judgment.answer)
        if isinstance(self.gold, str):
            yield self.gold
        elif self.gold is not None:
            yield from _template_columns([self.gold.answers, self.gold.explanation])


def parse_mapping(body: Mapping[str, Any]) -> ImportMapping:
    """The mapping that JSON holds.

    Raises InvalidInput `invalid_mapping` or `unknown_kind`.
    """
    try:
        return ImportMapping.model_validate(body)
    except ValidationError as error:
        details = field_errors(error)
        raise InvalidInput(
            f"The mapping does not fit: {details[0]['where']}: {details[0]['message']}",
            code="invalid_mapping",
            hint="See the fields of a mapping in the documentation.",
            details=details,
        ) from error


def reference(value: Any) -> FromColumn | None:
    """The column that a part of an answer refers to, if it is written as such."""
    if isinstance(value, dict) and "column" in value and value.keys() <= {
        "column", "values", "default",
    }:  # fmt: skip
        return FromColumn.model_validate(value)
    return None


def _template_columns(part: Any) -> Iterator[str]:
    found = reference(part)
    if found is not None:
        yield found.column
    elif isinstance(part, str):
        yield from PLACEHOLDER.findall(part)
    elif isinstance(part, dict):
        for value in part.values():
            yield from _template_columns(value)
    elif isinstance(part, list):
        for value in part:
            yield from _template_columns(value)
