"""What the judging form sends, as answers: JSON from scripts, or plain fields where none runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from feedback.errors import InvalidInput

DEEPEST = 8


def posted_answers(posted: Mapping[str, str], kinds: Iterable[str]) -> dict[str, Any]:
    """The answer to each kind that the form speaks of. Raises InvalidInput `invalid_answer`.

    `answers[pairwise]` holds JSON. Where it is empty, plain fields are put together by their names:
    `thumbs.thumbs.0.desirable=true` is `{"thumbs": [{"desirable": "true"}]}`; pydantic reads the texts.
    """
    answers = {}
    for kind in kinds:
        text = posted.get(f"answers[{kind}]", "")
        answer = _from_json(kind, text) if text else nested(posted, f"{kind}.")
        if answer != {}:
            answers[kind] = answer
    return answers


def nested(posted: Mapping[str, str], prefix: str) -> Any:
    """Fields whose dotted names begin with the prefix, as objects and, where keys are numbers, lists."""
    tree: dict[str, Any] = {}
    for name, value in posted.items():
        parts = name.removeprefix(prefix).split(".")
        if name.startswith(prefix) and len(parts) <= DEEPEST:
            _place(tree, parts, value)
    return _lists(tree)


def _from_json(kind: str, text: str) -> dict[str, Any]:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise InvalidInput(
            f"The answer to '{kind}' could not be read.",
            code="invalid_answer",
            hint="Reload the page and answer again.",
        )
    return answer


def _place(tree: dict[str, Any], parts: list[str], value: str) -> None:
    for part in parts[:-1]:
        inner = tree.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        tree = inner
    tree.setdefault(parts[-1], value)


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isascii() and key.isdecimal() for key in value):
        ordered = sorted(value.items(), key=lambda pair: int(pair[0][:9]))
        return [_lists(inner) for _, inner in ordered]
    return {key: _lists(inner) for key, inner in value.items()}
