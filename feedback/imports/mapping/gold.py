"""Known answers in a file: from a column that holds them whole, or put together from columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from feedback.evidence import Candidate
from feedback.imports.base import ImportedCompletion, ImportedGold, RowProblem
from feedback.imports.mapping.columns import ImportMapping
from feedback.imports.mapping.filling import Empty, fill
from feedback.kinds import get_kind

LONGEST_EXPLANATION = 10_000


def gold_of(
    mapping: ImportMapping, values: Mapping[str, Any], completions: Sequence[ImportedCompletion]
) -> ImportedGold | None:
    """The row's known answers, checked by their kinds; None where it has none.

    Raises RowProblem `bad_gold`, `no_gold_answer`, `not_for_gold`, InvalidInput `invalid_answer`.
    """
    said = _whole(mapping, values) if isinstance(mapping.gold, str) else _filled(mapping, values)
    if said is None:
        return None
    answers, explanation = said
    if len(explanation) > LONGEST_EXPLANATION:
        raise RowProblem("too_long", "The explanation of the gold answer is too long.")
    settings = {asked.kind: asked.settings for asked in mapping.kinds}
    candidates = [Candidate(0, c.text, c.label, c.media) for c in completions]
    known = {name: _checked(name, answers[name], settings, candidates) for name in answers}
    return ImportedGold(known, explanation)


def _whole(
    mapping: ImportMapping, values: Mapping[str, Any]
) -> tuple[Mapping[str, Any], str] | None:
    """The column's `{"answers": {kind: answer}, "explanation": text}`, as an object or as JSON text."""
    value = values.get(str(mapping.gold))
    if value is None or value == "":
        return None
    found = _json(value) if isinstance(value, str) else value
    if (
        not isinstance(found, dict)
        or found.keys() - {"answers", "explanation"}
        or not isinstance(found.get("answers"), dict)
        or not found["answers"]
        or not isinstance(found.get("explanation", ""), str)
    ):
        raise RowProblem(
            "bad_gold",
            f'Column \'{mapping.gold}\' does not hold {{"answers": {{kind: answer}}, "explanation": text}}.',
        )
    return found["answers"], found.get("explanation", "")


def _filled(
    mapping: ImportMapping, values: Mapping[str, Any]
) -> tuple[Mapping[str, Any], str] | None:
    """What the mapping puts together; a kind for which a column is empty is left out."""
    if mapping.gold is None or isinstance(mapping.gold, str):
        return None
    answers = {}
    for kind, part in mapping.gold.answers.items():
        try:
            answers[kind] = fill(part, values)
        except Empty:
            continue
    if not answers:
        return None
    try:
        explanation = fill(mapping.gold.explanation or "", values)
    except Empty:
        explanation = ""
    if not isinstance(explanation, str):
        raise RowProblem("not_text", "The explanation of the gold answer is not a text.")
    return answers, explanation


def _checked(
    name: str, payload: Any, settings: Mapping[str, Any], candidates: Sequence[Candidate]
) -> Mapping[str, Any]:
    if name not in settings:
        raise RowProblem("no_gold_answer", f"The gold answers '{name}', which is not asked.")
    if not isinstance(payload, dict):
        raise RowProblem("invalid_answer", f"The gold answer to '{name}' is not an object.")
    kind = get_kind(name)
    ask = kind.ask(candidates, settings[name])
    answer = kind.parse(payload, ask)
    problem = kind.known_problem(answer, ask.settings)
    if problem is not None:
        raise RowProblem("not_for_gold", problem)
    stored: Mapping[str, Any] = answer.model_dump(mode="json")
    return stored


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
