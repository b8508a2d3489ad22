"""The guessed mapping fits common files as it is."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.imports import ImportedRow, Row, convert_rows, parse_mapping, suggest_mapping
from feedback.imports.mapping.columns import FromColumn, reference


def imported(*rows: dict[str, Any]) -> list[ImportedRow]:
    """The rows converted by the mapping that is guessed from them."""
    body = suggest_mapping(list(rows[0]), rows)
    numbered = [Row(n, row) for n, row in enumerate(rows, 1)]
    result = list(convert_rows(parse_mapping(body), numbered))
    assert all(isinstance(row, ImportedRow) for row in result), result
    return [row for row in result if isinstance(row, ImportedRow)]


def answers(row: ImportedRow) -> dict[str, Any]:
    return {j.annotator: j.answer for j in row.judgments}


def test_chosen_and_rejected_are_a_constant_answer() -> None:
    (row,) = imported({"prompt": "?", "chosen": "a", "rejected": "b", "id": 4})
    assert [c.text for c in row.completions] == ["a", "b"]
    assert answers(row)["import"]["choice"] == "first"
    assert row.item_id == "4"


def test_prompt_completion_and_label_are_thumbs() -> None:
    rows = imported(
        {"prompt": "?", "completion": "a", "label": True, "model": "m"},
        {"prompt": "?", "completion": "b", "label": False, "model": "m"},
    )
    thumbs = [answers(row)["import"]["thumbs"][0]["desirable"] for row in rows]
    assert thumbs == [True, False]
    assert rows[0].completions[0].label == "m"


@pytest.mark.parametrize(
    ("winners", "expected"),
    [
        (["model_a", "model_b", "tie"], ["first", "second", "tie"]),
        (["1", "2", "0"], ["first", "second", "tie"]),
        ([1, 2, 1], ["first", "second", "first"]),
        (["A", "B", "tie (bothbad)"], ["first", "second", "tie"]),
    ],
)
def test_winners_are_read(winners: list[Any], expected: list[str]) -> None:
    base = {"Question": "?", "response_a": "a", "response_b": "b", "model_a": "m", "model_b": "n"}
    rows = imported(*({**base, "winner": winner, "judge": "j"} for winner in winners))
    assert [answers(row)["j"]["choice"] for row in rows] == expected
    assert [c.label for c in rows[0].completions] == ["m", "n"]


@pytest.mark.parametrize("winners", [["0", "1"], ["left", "right"], [0.3, 0.9]])
def test_winners_that_may_mean_several_things_are_left_to_a_person(winners: list[Any]) -> None:
    rows = imported(*({"prompt": "?", "a": "x", "b": "y", "winner": w} for w in winners))
    assert [row.judgments for row in rows] == [(), ()]
    assert rows[0].kinds[0]["kind"] == "pairwise"


def test_numbered_annotators_and_their_values_not_seen_yet() -> None:
    row = {"instruction": "Do.", "input": "This", "response1": "a", "response2": "b", "idx": 0}
    body = suggest_mapping([*row, "annotator1", "annotator2"], [{**row, "annotator1": 1}])
    mapping = parse_mapping(body)
    assert mapping.prompt == ["instruction", "input"]
    assert [j.annotator for j in mapping.judgments] == ["annotator1", "annotator2"]
    found = reference(mapping.judgments[0].answer)
    assert isinstance(found, FromColumn)
    assert set(found.values or {}) == {"0", "1", "2"}


def test_lists_chats_systems_and_tags() -> None:
    (row,) = imported(
        {
            "messages": [{"role": "user", "content": "?"}],
            "completions": ["a", "b", "c"],
            "system": "Be kind.",
            "tags": ["x"],
            "prompt_id": "p",
        }
    )
    assert [m["role"] for m in row.messages] == ["system", "user"]
    assert len(row.completions) == 3
    assert (row.tags, row.prompt_id, row.kinds) == (("x",), "p", ())


def test_a_file_that_looks_like_nothing_known() -> None:
    assert suggest_mapping(["text", "other"], []) == {"prompt": ["text"]}
    assert suggest_mapping([], []) == {"prompt": []}


def test_an_unknown_label_asks_and_brings_no_judgment() -> None:
    (row,) = imported({"prompt": "?", "response": "a", "label": "sports"})
    assert (row.kinds[0]["kind"], row.judgments) == ("thumbs", ())


def test_columns_of_images_are_pairs_of_images() -> None:
    url = "https://images.example/{}.png"
    row = {"prompt": "A cat.", "image_1": url.format(1), "image_2": url.format(2), "winner": "1"}
    (pair,) = imported(row)
    assert [c.media["url"] for c in pair.completions if c.media] == [url.format(1), url.format(2)]
    assert answers(pair)["import"]["choice"] == "first"


def test_one_column_of_images_is_thumbs() -> None:
    (row,) = imported({"prompt": "A cat.", "image_url": "ab" * 32, "model": "m"})
    assert [(c.media or {}).get("sha256") for c in row.completions] == ["ab" * 32]
    assert row.completions[0].label == "m"


@pytest.mark.parametrize("cell", ["cat.png", "http://images.example/1.png", None, 5])
def test_a_column_of_something_else_is_no_image(cell: Any) -> None:
    """A page's address beside a text is not asked about either."""
    assert "completions" not in suggest_mapping(
        ["prompt", "image"], [{"prompt": "?", "image": cell}]
    )
    body = suggest_mapping(
        ["prompt", "url", "answer"], [{"prompt": "?", "url": "https://x.y", "answer": "a"}]
    )
    assert body["completions"] == [{"text": "answer"}]
