"""What the judging form sends, as answers; and answers and drafts as what the form was filled in with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from feedback.errors import InvalidInput
from feedback.services import answer_fields

DEEPEST = 8
LONGEST_LIST = 1000  # entries that a gap in the numbers may stand for


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


def nested(posted: Mapping[str, str], prefix: str, *, gaps: bool = False) -> Any:
    """Fields whose dotted names begin with the prefix, as objects and, where keys are numbers, lists.

    A list's entries close up, as boxes that are not ticked send nothing; with `gaps` they keep their numbers.
    """
    tree: dict[str, Any] = {}
    for name, value in posted.items():
        parts = name.removeprefix(prefix).split(".")
        if name.startswith(prefix) and len(parts) <= DEEPEST:
            # A browser ends the lines of a text area with CR LF when it sends the form itself.
            _place(tree, parts, value.replace("\r\n", "\n"))
    return _lists(tree, gaps)


def typed(fields: Mapping[str, str], kinds: Iterable[str]) -> dict[str, Any]:
    """What stands in each kind's fields, for painting them again: all texts, `""` where a list has a gap."""
    return {kind: nested(fields, f"{kind}.", gaps=True) for kind in kinds}


def answered(answers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Stored answers by kind in the same shape."""
    return {
        kind: nested(answer_fields(kind, answer), f"{kind}.", gaps=True)
        for kind, answer in answers.items()
    }


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


def _lists(value: Any, gaps: bool) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(one, gaps) for key, one in value.items()}
    if not inner or not all(key.isascii() and key.isdecimal() for key in inner):
        return inner
    numbered = {int(key[:9]): inner[key] for key in sorted(inner, key=lambda key: int(key[:9]))}
    if gaps and max(numbered) < LONGEST_LIST:
        return [numbered.get(n, "") for n in range(max(numbered) + 1)]
    return list(numbered.values())
