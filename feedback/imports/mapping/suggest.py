"""Guesses at a mapping from the columns' names and a few rows, so that forms start filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_PROMPTS = ("prompt", "question", "query", "messages", "conversation", "instruction", "caption")
_PAIRS = (
    ("response1", "response2"),
    ("response_1", "response_2"),
    ("response_a", "response_b"),
    ("response_0", "response_1"),
    ("completion1", "completion2"),
    ("completion_a", "completion_b"),
    ("answer_a", "answer_b"),
    ("output_1", "output_2"),
    ("a", "b"),
)
_IMAGE_PAIRS = (
    ("image_1", "image_2"),
    ("image1", "image2"),
    ("image_a", "image_b"),
    ("image_0", "image_1"),
    ("image_left", "image_right"),
    ("image_url_1", "image_url_2"),
    ("image1_url", "image2_url"),
    ("image_1_url", "image_2_url"),
    ("image_a_url", "image_b_url"),
    ("url_1", "url_2"),
    ("url_a", "url_b"),
)
_IMAGES = ("image", "image_url", "img", "url")
_SINGLES = ("completion", "response", "output", "answer")
_LISTS = ("completions", "responses", "answers", "outputs")
_WINNERS = ("winner", "preference", "preferred", "choice")
_IDS = ("id", "item_id", "uid", "uuid", "idx")
_CHOICES = (  # first, second, tie
    ("1", "2", "0"),
    ("a", "b", "tie"),
    ("A", "B", "tie"),
    ("first", "second", "tie"),
    ("model_a", "model_b", "tie"),
    ("response_a", "response_b", "tie"),
    ("response1", "response2", "tie"),
)
_IMAGE = re.compile(r"https://\S+|[0-9a-f]{64}")
_TIES = ("tie", "Tie", "TIE", "draw", "equal", "tie (bothbad)")
_UP = ("true", "True", "1", "yes", "up", "good")
_DOWN = ("false", "False", "0", "-1", "no", "down", "bad")


def suggest_mapping(
    columns: Sequence[str], sample_rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The JSON of an `ImportMapping` that fits common files; what cannot be guessed is left out.

    Names are compared without regard to case. Where no column looks like a prompt, the first is
    taken.
    """
    names = {column.lower(): column for column in reversed(columns)}
    mapping: dict[str, Any] = {"prompt": _prompt(names, columns)}
    for field, wanted in (
        ("system", ("system", "system_prompt")),
        ("prompt_id", ("prompt_id", "question_id")),
        ("item_id", _IDS),
        ("tags", ("tags", "tag", "category")),
    ):
        column = _first(names, wanted)
        if column is not None:
            mapping[field] = [column] if field == "tags" else column
    return mapping | _content(names, sample_rows) | _gold(names.get("gold"), sample_rows)


def _gold(column: str | None, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A column that holds known answers whole, as the native export writes them; it says what is asked."""
    cells = [row.get(column) for row in rows] if column is not None else []
    answers = [cell.get("answers") for cell in cells if isinstance(cell, dict)]
    kinds = dict.fromkeys(kind for one in answers if isinstance(one, dict) for kind in one)
    return {"gold": column, "kinds": [{"kind": kind} for kind in kinds]} if kinds else {}


def _prompt(names: Mapping[str, str], columns: Sequence[str]) -> list[str]:
    column = _first(names, _PROMPTS)
    if column is None:
        return [names.get("input", columns[0])] if columns else []
    if column.lower() == "instruction" and "input" in names:
        return [column, names["input"]]
    return [column]


def _content(names: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if "chosen" in names and "rejected" in names:
        pair = (names["chosen"], names["rejected"])
        return _pair(pair) | _judged("pairwise", "import", {"choice": "first"})
    for left, right in _PAIRS:
        if left in names and right in names:
            return _pair((names[left], names[right]), names) | _winner(names, rows)
    for left, right in _IMAGE_PAIRS:
        if _named_images(names.get(left), rows) and _named_images(names.get(right), rows):
            pair = (names[left], names[right])
            return _pair(pair, names, "image") | _winner(names, rows)
    listed = _first(names, _LISTS)
    if listed is not None:
        return {"completions_list": listed}
    single = _first(names, _SINGLES)
    if single is not None:
        return _single({"text": single}, names, rows)
    image = _first(names, _IMAGES)
    return _single({"image": image}, names, rows) if _named_images(image, rows) else {}


def _named_images(column: str | None, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether cells of the column could be images: a text, or an address of something else, is none."""
    cells = [row.get(column) for row in rows] if column is not None else []
    return any(isinstance(cell, str) and _IMAGE.fullmatch(cell.strip()) for cell in cells)


def _pair(
    pair: tuple[str, str], names: Mapping[str, str] | None = None, part: str = "text"
) -> dict[str, Any]:
    labels = _label_columns(names or {})
    texts = [{part: column, "label": label} for column, label in zip(pair, labels, strict=True)]
    return {
        "completions": [{k: v for k, v in text.items() if v is not None} for text in texts],
        "kinds": [{"kind": "pairwise"}],
    }


def _label_columns(names: Mapping[str, str]) -> tuple[str | None, str | None]:
    for left, right in (("model_a", "model_b"), ("model_1", "model_2"), ("model1", "model2")):
        if left in names and right in names:
            return names[left], names[right]
    return None, None


def _winner(names: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One judgment from the column of winners, or one from each numbered annotator's column."""
    column = _first(names, _WINNERS)
    voters = {column: _annotator(names)} if column is not None else _numbered(names)
    choices = _choices(set().union(*(_seen(voter, rows) for voter in voters)))
    if not voters or not choices:
        return {}
    judgments = [
        {
            "kind": "pairwise",
            "annotator": annotator,
            "answer": {"column": voter, "values": choices},
        }
        for voter, annotator in voters.items()
    ]
    return {"judgments": judgments}


def _numbered(names: Mapping[str, str]) -> dict[str, str]:
    found = (c for n, c in names.items() if re.fullmatch(r"(annotator|judge|rater)[_ ]?\d+", n))
    return {column: column for column in sorted(found)}


def _choices(seen: set[str]) -> dict[str, Any]:
    """What each value stands for; nothing when one of them cannot be guessed."""
    if seen == {"0", "1"}:
        return {}  # whether 0 is a tie or the first is for a person to say
    choices: dict[str, Any] = {}
    for first, second, tie in _CHOICES:
        if seen & {first, second}:
            choices |= {first: {"choice": "first"}, second: {"choice": "second"}}
            choices |= {tie: {"choice": "tie"}}
    choices |= {value: {"choice": "tie"} for value in _TIES if value in seen}
    return choices if seen <= choices.keys() else {}


def _single(
    part: dict[str, Any], names: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    model = names.get("model")
    completion = part if model is None else {**part, "label": model}
    asked = {"completions": [completion], "kinds": [{"kind": "thumbs"}]}
    label = names.get("label")
    known = {**dict.fromkeys(_UP, True), **dict.fromkeys(_DOWN, False)}
    seen = _seen(label, rows) if label is not None else set()
    if label is None or not seen or not seen <= known.keys():
        return asked
    values = {value: up for value, up in known.items() if value in seen}
    thumb = {"completion": 0, "desirable": {"column": label, "values": values}}
    return asked | _judged("thumbs", _annotator(names), {"thumbs": [thumb]})


def _judged(kind: str, annotator: Any, answer: dict[str, Any]) -> dict[str, Any]:
    return {"judgments": [{"kind": kind, "annotator": annotator, "answer": answer}]}


def _annotator(names: Mapping[str, str]) -> Any:
    column = _first(names, ("annotator", "annotator_id", "judge", "rater", "user"))
    return "import" if column is None else {"column": column}


def _seen(column: str, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """The column's values as tables of values spell them; empty cells aside."""
    values = (row.get(column) for row in rows)
    return {
        str(value).lower() if isinstance(value, bool) else str(value)
        for value in values
        if isinstance(value, str | int | float) and value != ""
    }


def _first(names: Mapping[str, str], wanted: Sequence[str]) -> str | None:
    return next((names[name] for name in wanted if name in names), None)
