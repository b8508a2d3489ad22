"""Images in files: a column of them, a list of them, and what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from feedback.errors import InvalidInput
from feedback.imports import Row, convert_rows, parse_mapping, suggest_mapping
from tests.feedback.imports.test_mapping import converted, refused

CAT = "https://images.example/cat.png"
DIGEST = "ab" * 32


def test_images_beside_texts_or_in_their_place() -> None:
    mapping = {"prompt": "q", "completions": [{"image": "i"}, {"text": "t", "image": "j"}]}
    row = converted(mapping, q="?", i=f" {CAT} ", t="A cat.", j=DIGEST)
    assert [c.text for c in row.completions] == ["", "A cat."]
    assert [c.media for c in row.completions] == [
        {"type": "image", "url": CAT},
        {"type": "image", "sha256": DIGEST},
    ]
    without = converted(mapping, q="?", i=CAT, t="A cat.", j="")
    assert without.completions[1].media is None


def test_a_list_of_images() -> None:
    listed = [
        {"image": CAT, "label": "m"},
        {"text": "A cat.", "image": {"type": "image", "url": CAT}},
    ]
    row = converted({"prompt": "q", "completions_list": "l"}, q="?", l=listed)
    assert [(c.text, c.label, c.media) for c in row.completions] == [
        ("", "m", {"type": "image", "url": CAT}),
        ("A cat.", "", {"type": "image", "url": CAT}),
    ]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "empty_completion"),
        (None, "not_text"),
        ("cat.png", "bad_media"),
        ("http://images.example/cat.png", "bad_media"),
        (DIGEST.upper(), "bad_media"),
        (7, "bad_media"),
        (["x"], "bad_media"),
    ],
)
def test_a_cell_that_is_no_image_refuses_the_row(cell: Any, code: str) -> None:
    mapping = {"prompt": "q", "completions": [{"text": "t", "image": "i"}]}
    assert refused(mapping, q="?", i=cell, t="" if cell == "" else None) == code


def test_a_completion_has_a_column_at_least() -> None:
    with pytest.raises(InvalidInput, match="text or its image"):
        parse_mapping({"prompt": "q", "completions": [{"label": "m"}]})


def test_a_missing_image_column_stops_the_import() -> None:
    mapping = parse_mapping({"prompt": "q", "completions": [{"image": "i"}]})
    with pytest.raises(InvalidInput) as error:
        list(convert_rows(mapping, [Row(1, {"q": "?"})]))
    assert error.value.code == "unknown_column"


def test_the_documented_mapping_reads_the_documented_rows() -> None:
    documented = Path(__file__).parents[3] / "docs" / "examples" / "pairs-of-images.json"
    row = {"id": "1", "caption": "A fox.", "image_1": CAT, "image_2": DIGEST, "model_1": "model-a"}
    row |= {"model_2": "model-b", "preferred": "2", "rater": "ann"}
    read = converted(json.loads(documented.read_text()), **row)
    assert [c.label for c in read.completions] == ["model-a", "model-b"]
    assert [j.answer["choice"] for j in read.judgments] == ["second"]
    guessed = suggest_mapping(list(row), [{**row, "image_1": "http://plain.example"}, row])
    assert guessed["prompt"] == ["caption"]
    assert [c["image"] for c in guessed["completions"]] == ["image_1", "image_2"]
