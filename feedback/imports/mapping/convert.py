"""Rows become prompts, completions and judgments; a row is taken whole or refused whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from feedback.errors import InvalidInput
from feedback.evidence import Candidate
from feedback.imports.base import (
    MAX_NAME,
    ImportedCompletion,
    ImportedJudgment,
    ImportedRow,
    Row,
    RowError,
    RowProblem,
)
from feedback.imports.mapping.cells import (
    as_image,
    as_list,
    as_messages,
    as_name,
    as_text,
    prompt_messages,
)
from feedback.imports.mapping.columns import CompletionColumns, ImportMapping, JudgmentColumns
from feedback.imports.mapping.filling import Empty, fill, look_up
from feedback.imports.mapping.gold import gold_of
from feedback.kinds import get_kind

CHECKED_ROWS = 100  # rows whose columns together count as the file's columns
Messages = tuple[dict[str, str], ...]


def convert_rows(
    mapping: ImportMapping, rows: Iterable[Row | RowError]
) -> Iterator[ImportedRow | RowError]:
    """Every row converted or refused, once the first hundred show that no column is missing.

    Raises InvalidInput `unknown_column`.
    """
    stream = iter(rows)
    first = list(islice(stream, CHECKED_ROWS))
    check_columns(mapping, columns_of(first))
    for row in chain(first, stream):
        yield row if isinstance(row, RowError) else convert(mapping, row)


def columns_of(rows: Iterable[Row | RowError]) -> list[str]:
    """The columns that the rows have, in order of appearance."""
    names: dict[str, None] = {}
    for row in rows:
        if isinstance(row, Row):
            names.update(dict.fromkeys(row.values))
    return list(names)


def check_columns(mapping: ImportMapping, columns: list[str]) -> None:
    """Raises InvalidInput `unknown_column` when the mapping names one that the file lacks."""
    missing = [c for c in dict.fromkeys(mapping.columns()) if c not in columns]
    if columns and missing:
        raise InvalidInput(
            f"The file has no column '{missing[0]}'.",
            code="unknown_column",
            hint=f"Columns there: {', '.join(columns)}.",
            details=[
                {"where": name, "code": "unknown_column", "message": "Not in the file."}
                for name in missing
            ],
        )


def convert(mapping: ImportMapping, row: Row) -> ImportedRow | RowError:
    """What the row amounts to, or why it is refused."""
    try:
        return _convert(mapping, row)
    except RowProblem as problem:
        return problem.at(row.number)
    except InvalidInput as error:
        return RowError(row.number, error.code, error.message)


def _convert(mapping: ImportMapping, row: Row) -> ImportedRow:
    values = row.values
    messages = prompt_messages(mapping.prompt, mapping.system, values)
    completions = tuple(_completions(mapping, values, messages))
    for asked in mapping.kinds:
        problem = get_kind(asked.kind).completions_problem(len(completions))
        if problem is not None:
            raise RowProblem("wrong_completions", problem)
    return ImportedRow(
        number=row.number,
        messages=messages,
        prompt_id=as_name(mapping.prompt_id, values),
        item_id=as_name(mapping.item_id, values),
        tags=_tags(mapping, values),
        completions=completions,
        kinds=tuple(asked.model_dump() for asked in mapping.kinds),
        judgments=tuple(_judgments(mapping, values, completions)),
        gold=gold_of(mapping, values, completions),
        close=mapping.close_items,
    )


def _tags(mapping: ImportMapping, values: Any) -> tuple[str, ...]:
    tags: dict[str, None] = {}
    for column in mapping.tags:
        value = values.get(column)
        for tag in value if isinstance(value, list) else [value]:
            name = as_name(column, {column: tag})
            if name is not None:
                tags[name] = None
    return tuple(tags)


def _completions(
    mapping: ImportMapping, values: Any, messages: Messages
) -> Iterator[ImportedCompletion]:
    for part in mapping.completions:
        media = None if part.image is None else as_image(part.image, values.get(part.image))
        text = _text_of(part.text, values, messages, media)
        yield ImportedCompletion(text, _label(part, values), as_name(part.id, values), media)
    if mapping.completions_list is not None:
        column = mapping.completions_list
        for entry in as_list(column, values.get(column)):
            yield _listed(column, entry, messages)


def _listed(column: str, entry: Any, messages: Messages) -> ImportedCompletion:
    if not isinstance(entry, dict):
        return ImportedCompletion(_answer_text(column, entry, messages))
    if strange := entry.keys() - {"text", "image", "label", "id"}:
        raise RowProblem(
            "bad_completions", f"A completion in '{column}' has a field '{min(strange)}'."
        )
    media = as_image(column, entry.get("image"))
    text = _text_of("text", entry, messages, media)
    return ImportedCompletion(text, as_name("label", entry) or "", as_name("id", entry), media)


def _text_of(
    column: str | None, values: Any, messages: Messages, media: Mapping[str, Any] | None
) -> str:
    """The completion's text; beside an image it may be missing."""
    value = None if column is None else values.get(column)
    if media is not None and (value is None or value == ""):
        return ""
    return _answer_text(column or "", value, messages)


def _answer_text(column: str, value: Any, messages: Messages) -> str:
    """The text of a completion; of a chat the last message, if what comes before is the prompt."""
    if isinstance(value, list):
        chat = as_messages(column, value)
        if chat[-1]["role"] != "assistant" or chat[:-1] not in ((), messages):
            raise RowProblem(
                "bad_messages", f"Column '{column}' is not the prompt followed by one answer."
            )
        value = chat[-1]["content"]
    text = as_text(column, value)
    if not text.strip():
        raise RowProblem("empty_completion", f"The completion in column '{column}' is empty.")
    return text


def _label(part: CompletionColumns, values: Any) -> str:
    label = as_name(part.label, values) or ""
    if part.label_part is None or not label:
        return label
    pieces = label.split(part.label_part.separator)
    if part.label_part.index >= len(pieces):
        raise RowProblem("bad_label", f"'{label}' has only {len(pieces)} parts.")
    return pieces[part.label_part.index].strip()


def _judgments(
    mapping: ImportMapping, values: Any, completions: Sequence[ImportedCompletion]
) -> Iterator[ImportedJudgment]:
    settings = {asked.kind: asked.settings for asked in mapping.kinds}
    candidates = [Candidate(0, c.text, c.label, c.media) for c in completions]
    seen: set[tuple[str, str]] = set()
    for part in mapping.judgments:
        try:
            payload = fill(part.answer, values)
        except Empty:
            continue
        annotator = _annotator(part, values)
        if (part.kind, annotator) in seen:
            raise RowProblem("double_judgment", f"'{annotator}' judges the row twice.")
        seen.add((part.kind, annotator))
        if not isinstance(payload, dict):
            raise RowProblem("invalid_answer", f"The answer to '{part.kind}' is not an object.")
        kind = get_kind(part.kind)
        answer = kind.parse(payload, kind.ask(candidates, settings[part.kind]))
        yield ImportedJudgment(part.kind, annotator, answer.model_dump(mode="json"))


def _annotator(part: JudgmentColumns, values: Any) -> str:
    if isinstance(part.annotator, str):
        name: Any = part.annotator
    else:
        try:
            name = look_up(part.annotator, values)
        except Empty:
            name = None
    if not isinstance(name, str | int) or not str(name).strip():
        raise RowProblem("no_annotator", "There is an answer, and no annotator's name.")
    if len(str(name)) > MAX_NAME:
        raise RowProblem("too_long", f"The annotator's name is longer than {MAX_NAME} characters.")
    return str(name).strip()
