"""Single cells, read as what the mapping says they are: a text, a name, a list, a chat."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from feedback.errors import InvalidInput
from feedback.imports.base import MAX_NAME, MAX_TEXT, RowProblem
from feedback.media import image_from_text, read_media

ROLES = ("system", "user", "assistant")
Messages = tuple[dict[str, str], ...]


def as_text(column: str, value: Any) -> str:
    """The cell's text as it stands; a number, a truth value or null is not a text."""
    if not isinstance(value, str):
        raise RowProblem("not_text", f"Column '{column}' holds {_called(value)}, not a text.")
    if "\x00" in value:
        raise RowProblem("nul_character", f"A NUL character in column '{column}'.")
    if len(value) > MAX_TEXT:
        raise RowProblem(
            "too_long",
            f"Column '{column}' has {len(value)} characters, and {MAX_TEXT} are allowed.",
        )
    return value


def as_name(column: str | None, values: Mapping[str, Any]) -> str | None:
    """A short text (id, tag, label), trimmed; None when empty. Numbers are spelled out."""
    value = None if column is None else values.get(column)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RowProblem("not_text", f"Column '{column}' holds {_called(value)}, not a text.")
    name = spelled(value).strip()
    if "\x00" in name:
        raise RowProblem("nul_character", f"A NUL character in column '{column}'.")
    if len(name) > MAX_NAME:
        raise RowProblem("too_long", f"Column '{column}' is longer than {MAX_NAME} characters.")
    return name or None


def as_image(column: str, value: Any) -> dict[str, Any] | None:
    """An image named by its https address or its SHA-256, or spelled out; None for an empty cell."""
    if value is None or value == "":
        return None
    try:
        return image_from_text(value.strip()) if isinstance(value, str) else read_media(value)
    except InvalidInput as error:
        raise RowProblem(error.code, f"Column '{column}': {error.message}") from None


def spelled(value: Any) -> str:
    """A value as text: 1, 0.5, true; nothing for an empty cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def as_list(column: str, value: Any) -> list[Any]:
    """A list, or JSON text of one."""
    found = _json_list(value) if isinstance(value, str) else value
    if not isinstance(found, list):
        raise RowProblem("bad_completions", f"Column '{column}' does not hold a list.")
    return found


def as_messages(column: str, value: Sequence[Any]) -> Messages:
    """Chat messages, each with a role and a text; fields that are null are left out."""
    if not value:
        raise RowProblem("empty_prompt", f"The list of messages in column '{column}' is empty.")
    return tuple(_message(column, entry) for entry in value)


def prompt_messages(
    columns: Sequence[str], system: str | None, values: Mapping[str, Any]
) -> Messages:
    """The prompt: a chat as it stands, or the columns joined by blank lines as one user message."""
    messages = _chat(columns, values) or _joined(columns, values)
    instruction = values.get(system) if system is not None else None
    if system is not None and instruction not in (None, ""):
        if messages[0]["role"] == "system":
            raise RowProblem("bad_messages", "The chat and the row both have a system message.")
        text = as_text(system, instruction)
        messages = ({"role": "system", "content": text}, *messages)
    return messages


def _chat(columns: Sequence[str], values: Mapping[str, Any]) -> Messages | None:
    if len(columns) != 1:
        return None
    (column,) = columns
    value = values.get(column)
    if isinstance(value, str):
        found = _json_list(value)
        # A question may begin with a bracket; only a list of objects with roles is a chat.
        value = found if found and all(isinstance(m, dict) and "role" in m for m in found) else None
    if not isinstance(value, list):
        return None
    messages = as_messages(column, value)
    if messages[-1]["role"] != "user":
        raise RowProblem("bad_messages", f"The chat in column '{column}' does not end with a user.")
    return messages


def _joined(columns: Sequence[str], values: Mapping[str, Any]) -> Messages:
    cells = [(column, values.get(column)) for column in columns]
    texts = [as_text(column, value) for column, value in cells if value is not None]
    text = "\n\n".join(text for text in texts if text.strip())
    if not text:
        raise RowProblem("empty_prompt", f"The prompt is empty: {', '.join(columns)}.")
    if len(text) > MAX_TEXT:
        raise RowProblem(
            "too_long", f"The prompt has {len(text)} characters, and {MAX_TEXT} are allowed."
        )
    return ({"role": "user", "content": text},)


def _message(column: str, entry: Any) -> dict[str, str]:
    if not isinstance(entry, dict):
        raise RowProblem("bad_messages", f"A message in column '{column}' is not an object.")
    strange = {k for k, v in entry.items() if v is not None} - {"role", "content"}
    if strange:
        raise RowProblem(
            "bad_messages", f"A message in column '{column}' has a field '{min(strange)}'."
        )
    role = entry.get("role")
    if role not in ROLES:
        raise RowProblem(
            "bad_messages", f"A message in column '{column}' has no role of: {', '.join(ROLES)}."
        )
    text = as_text(column, entry.get("content"))
    if not text.strip():
        code = "empty_completion" if role == "assistant" else "empty_prompt"
        raise RowProblem(code, f"A message in column '{column}' is empty.")
    return {"role": role, "content": text}


def _json_list(text: str) -> list[Any] | None:
    if not text.lstrip().startswith("["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _called(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool | int | float):
        return spelled(value)
    return "a list" if isinstance(value, list) else "an object"
