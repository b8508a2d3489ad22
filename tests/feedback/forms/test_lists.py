"""Lists as people write them: read, written back, and complained about by line."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms

from feedback.forms.lists import JsonListField, LinesField, RowsField
from feedback.forms.schema import schema_fields
from feedback.kinds import KINDS, get_kind

ASPECT = {"name": {}, "label": {}, "low": {}, "high": {}, "anchors": {"type": "object"}}


def rows() -> RowsField:
    return RowsField(properties=ASPECT, required=False)


def test_lines_are_trimmed_and_blank_ones_left_out() -> None:
    field = LinesField(required=False)
    assert field.clean(" clear \r\n\n too long\n") == ["clear", "too long"]
    assert field.clean("") == []
    assert field.prepare_value(["clear", "too long"]) == "clear\ntoo long"
    assert field.prepare_value("as | typed\n") == "as | typed\n"


def test_rows_are_cells_between_bars() -> None:
    said = rows().clean("help | Helpfulness | 0 | 4 | 0=useless; 4=perfect\n\nshort\n")
    anchors = {"0": "useless", "4": "perfect"}
    first = {"name": "help", "label": "Helpfulness", "low": "0", "high": "4", "anchors": anchors}
    assert said == [first, {"name": "short"}]


@pytest.mark.parametrize("text", ["a|b", "a;b", "a=b", "a\\b", "\\|", "|", "a\\\\|b"])
def test_marks_in_texts_survive_the_round_trip(text: str) -> None:
    said = [{"name": "n", "label": text, "anchors": {"0": text, "1": "x"}}]
    field = rows()
    assert field.clean(field.prepare_value(said)) == said


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("a\na | b | 0 | 1 | 0=x | more", "Line 2 has 6 parts"),
        ("a | b | 0 | 1 | useless", "Line 1, anchors: “useless” is not written as key=text"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str, complaint: str) -> None:
    with pytest.raises(forms.ValidationError, match=complaint):
        rows().clean(line)


def test_the_models_complaints_name_the_line() -> None:
    assert rows().complaint("2.low", "too low") == "Line 3, low: too low"
    assert rows().complaint("0", "wrong") == "Line 1: wrong"
    assert rows().complaint("", "each once") == "Each once"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[1,\n 2", "Not JSON at line 2, column"),
        ('{"a": 1}', "A list in square brackets"),
        ('["\\u0000"]', "NUL"),
        ('["\\ud800"]', "half a character"),
        ("[" * 200_000, "nested too deeply|Not JSON"),
    ],
)
def test_json_that_cannot_be_used_is_explained(text: str, complaint: str) -> None:
    with pytest.raises(forms.ValidationError, match=complaint):
        JsonListField(required=False).clean(text)


def test_json_is_read_and_written() -> None:
    field = JsonListField(required=False)
    value: list[Any] = [{"text": "Why?", "options": ["é", "b"]}]
    assert field.clean(field.prepare_value(value)) == value
    assert "é" in field.prepare_value(value)
    assert (field.clean(" "), field.prepare_value([])) == ([], "")


def test_each_kinds_lists_have_the_field_that_suits_them() -> None:
    """Short texts and flat objects by lines; objects that hold lists as JSON with an example."""
    made = {name: schema_fields(kind.settings_model) for name, kind in KINDS.items()}
    assert isinstance(made["pairwise"]["aspects"], LinesField)
    assert isinstance(made["rating"]["aspects"], RowsField)
    assert "One a line: name | label | low | high | anchors" in made["rating"]["aspects"].help_text
    for field in made["rating"].values():
        assert field.clean(field.prepare_value(field.initial)) != []
    questions = schema_fields(get_kind("willingness_to_pay").settings_model)["comprehension"]
    assert isinstance(questions, JsonListField)
    assert '"options": [' in questions.widget.attrs["placeholder"]
