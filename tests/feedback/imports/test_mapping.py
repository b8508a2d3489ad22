"""Rows become prompts, completions and judgments, each whole or refused with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.errors import InvalidInput
from feedback.imports import (
    ImportedCompletion,
    ImportedJudgment,
    ImportedRow,
    ImportMapping,
    Row,
    RowError,
    convert,
    convert_rows,
    parse_mapping,
)
from feedback.kinds import get_kind

CHOICES = {"0": {"choice": "tie"}, "1": {"choice": "first"}, "2": {"choice": "second"}}
PAIRS: dict[str, Any] = {
    "prompt": ["instruction", "input"],
    "item_id": "idx",
    "tags": ["topic"],
    "completions": [
        {"text": "r1", "label": "models", "label_part": {"separator": "_", "index": 0}},
        {"text": "r2", "label": "models", "label_part": {"separator": "_", "index": 1}},
    ],
    "kinds": [{"kind": "pairwise"}],
    "judgments": [
        {"kind": "pairwise", "annotator": name, "answer": {"column": name, "values": CHOICES}}
        for name in ("ann", "ben")
    ],
    "close_items": True,
}
ROW: dict[str, Any] = {
    "instruction": "Do this.",
    "input": "",
    "idx": 7,
    "topic": ["a", "b"],
    "r1": "One.",
    "r2": "Two.",
    "models": "bloom-7b_llama-7b",
    "ann": 2,
    "ben": None,
}


def stored(kind: str, **answer: Any) -> dict[str, Any]:
    """The answer with its kind's defaults, as it is stored."""
    dumped: dict[str, Any] = get_kind(kind).answer_model.model_validate(answer).model_dump()
    return dumped


def converted(mapping: dict[str, Any], **values: Any) -> ImportedRow:
    result = convert(parse_mapping(mapping), Row(5, values))
    assert isinstance(result, ImportedRow), result
    return result


def refused(mapping: dict[str, Any], **values: Any) -> str:
    result = convert(parse_mapping(mapping), Row(5, values))
    assert isinstance(result, RowError), result
    assert result.number == 5
    assert result.message
    return result.code


def test_a_row_with_pairs_labels_and_judgments() -> None:
    assert converted(PAIRS, **ROW) == ImportedRow(
        number=5,
        messages=({"role": "user", "content": "Do this."},),
        item_id="7",
        tags=("a", "b"),
        completions=(
            ImportedCompletion("One.", "bloom-7b"),
            ImportedCompletion("Two.", "llama-7b"),
        ),
        kinds=({"kind": "pairwise", "settings": {}},),
        judgments=(ImportedJudgment("pairwise", "ann", stored("pairwise", choice="second")),),
        close=True,
    )


def test_prompt_columns_are_joined_by_blank_lines() -> None:
    row = converted({"prompt": ["a", "b", "c"], "system": "s"}, a="One ", b=None, c="two", s="Be.")
    assert row.messages == (
        {"role": "system", "content": "Be."},
        {"role": "user", "content": "One \n\ntwo"},
    )


CHAT = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": "Why?", "name": None},
]


@pytest.mark.parametrize(
    "cell",
    [
        CHAT,
        '[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}, '
        '{"role": "user", "content": "Why?"}]',
    ],
)
def test_a_chat_is_taken_as_it_stands(cell: Any) -> None:
    row = converted({"prompt": "chat"}, chat=cell)
    assert [m["role"] for m in row.messages] == ["user", "assistant", "user"]
    assert row.messages[-1] == {"role": "user", "content": "Why?"}


@pytest.mark.parametrize("text", ["[1, 2] sum?", "[1, 2]", "[", "[]"])
def test_a_question_may_begin_with_a_bracket(text: str) -> None:
    assert converted({"prompt": "q"}, q=text).messages[0]["content"] == text


def test_completions_may_be_a_list_of_texts_or_of_objects_or_json_text() -> None:
    mapping = {"prompt": "q", "completions_list": "answers"}
    texts = ("a", "b")
    for cell in (["a", {"text": "b", "label": "m", "id": 3}], '["a", {"text": "b"}]'):
        row = converted(mapping, q="?", answers=cell)
        assert tuple(c.text for c in row.completions) == texts
    assert converted(
        mapping, q="?", answers=[{"text": "b", "label": "m", "id": 3}]
    ).completions == (ImportedCompletion("b", "m", "3"),)


def test_a_completion_may_be_a_chat_that_repeats_the_prompt() -> None:
    mapping = {"prompt": "q", "completions": [{"text": "r"}]}
    user, answer = {"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}
    for chat in ([answer], [user, answer]):
        assert converted(mapping, q="?", r=chat).completions[0].text == "!"
    for chat in ([user], [{"role": "user", "content": "other"}, answer]):
        assert refused(mapping, q="?", r=chat) == "bad_messages"


def test_text_is_kept_as_received_and_names_are_trimmed() -> None:
    mapping = {"prompt": "q", "prompt_id": "id", "completions": [{"text": "r", "id": "rid"}]}
    row = converted(mapping, q=" ? ", r=" ! \n", id=" x ", rid=2.0)
    assert row.messages[0]["content"] == " ? "
    assert row.completions == (ImportedCompletion(" ! \n", "", "2"),)
    assert row.prompt_id == "x"
    assert converted(mapping, q="?", r="!", id="", rid=None).prompt_id is None


THUMBS: dict[str, Any] = {
    "prompt": "q",
    "completions": [{"text": "r"}],
    "kinds": [{"kind": "thumbs", "settings": {}}],
    "judgments": [
        {
            "kind": "thumbs",
            "annotator": {"column": "who"},
            "answer": {
                "thumbs": [
                    {
                        "completion": 0,
                        "desirable": {"column": "label", "values": {"true": True, "false": False}},
                        "reason": "{why} ({source})",
                    }
                ]
            },
        }
    ],
}


def test_an_answer_is_a_template_of_columns() -> None:
    row = converted(THUMBS, q="?", r="!", who="ann", label=True, why="good", source=None)
    thumb = {"completion": 0, "desirable": True, "reason": "good ()"}
    assert row.judgments == (ImportedJudgment("thumbs", "ann", stored("thumbs", thumbs=[thumb])),)


def test_a_whole_placeholder_keeps_the_type_and_a_default_fills_an_empty_cell() -> None:
    answer = {
        "choice": "{winner}",
        "strength": "{strength}",
        "reason": {"column": "why", "default": "none given"},
    }
    mapping = {**PAIRS, "judgments": [{"kind": "pairwise", "annotator": "x", "answer": answer}]}
    (judgment,) = converted(mapping, **ROW, winner="second", strength=3, why="").judgments
    assert judgment.answer == stored("pairwise", choice="second", strength=3, reason="none given")
    assert converted(mapping, **ROW, winner="", strength=3).judgments == ()
    assert converted(mapping, **ROW, winner="second").judgments == ()


def test_a_value_may_stand_for_no_judgment() -> None:
    mapping = {
        **PAIRS,
        "judgments": [
            {
                "kind": "pairwise",
                "annotator": "x",
                "answer": {"column": "ann", "values": {"2": None}},
            }
        ],
    }
    assert converted(mapping, **ROW).judgments == ()


def test_csv_texts_and_json_numbers_mean_the_same() -> None:
    for value in (2, 2.0, "2"):
        assert converted(PAIRS, **{**ROW, "ann": value}).judgments[0].answer["choice"] == "second"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"instruction": "  ", "input": None}, "empty_prompt"),
        ({"instruction": 5}, "not_text"),
        ({"r1": ""}, "empty_completion"),
        ({"r2": " \n"}, "empty_completion"),
        ({"r1": None}, "not_text"),
        ({"r1": 4}, "not_text"),
        ({"r1": False}, "not_text"),
        ({"r1": {"text": "x"}}, "not_text"),
        ({"r1": "a\x00"}, "nul_character"),
        ({"idx": "a\x00"}, "nul_character"),
        ({"r1": "x" * 200_001}, "too_long"),
        ({"instruction": "x" * 150_000, "input": "x" * 150_000}, "too_long"),
        ({"idx": "x" * 201}, "too_long"),
        ({"idx": [1]}, "not_text"),
        ({"topic": [{}]}, "not_text"),
        ({"models": "bloom"}, "bad_label"),
        ({"ann": 3}, "unknown_value"),
        ({"ann": [1]}, "unknown_value"),
    ],
)
def test_a_bad_row_is_refused_whole(change: dict[str, Any], code: str) -> None:
    assert refused(PAIRS, **{**ROW, **change}) == code


@pytest.mark.parametrize(
    "chat",
    [
        [{"role": "user"}, {"role": "assistant", "content": "x"}],
        [{"role": "assistant", "content": "x"}],
        [{"role": "robot", "content": "x"}],
        [{"role": "user", "content": "x", "image": "y"}],
        ["x"],
    ],
)
def test_a_chat_that_is_none_is_refused(chat: Any) -> None:
    assert refused({"prompt": "q"}, q=chat) in ("bad_messages", "not_text")


def test_more_ways_in_which_a_row_is_refused() -> None:
    chat = [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]
    assert refused({"prompt": "q", "system": "s"}, q=chat, s="c") == "bad_messages"
    assert refused({"prompt": "q"}, q=[]) == "empty_prompt"
    assert refused({"prompt": "q"}, q=[{"role": "user", "content": " "}]) == "empty_prompt"
    listed = {"prompt": "q", "completions_list": "l"}
    assert refused(listed, q="?", l="text") == "bad_completions"
    assert refused(listed, q="?", l=None) == "bad_completions"
    assert refused(listed, q="?", l=[{"text": "a", "score": 1}]) == "bad_completions"
    assert refused(listed, q="?", l=["a", None]) == "not_text"
    asked = {**listed, "kinds": [{"kind": "pairwise"}]}
    assert refused(asked, q="?", l=["a", "b", "c"]) == "wrong_completions"
    thumb = {"q": "?", "r": "!", "label": True, "why": ""}
    assert refused(THUMBS, **thumb, who=None) == "no_annotator"
    assert refused(THUMBS, **thumb, who="x" * 201) == "too_long"
    twice = {**PAIRS, "judgments": [PAIRS["judgments"][0]] * 2}
    assert refused(twice, **ROW) == "double_judgment"


def test_the_kind_checks_the_answer() -> None:
    answer = {"choice": "second", "strength": "{n}"}
    mapping = {**PAIRS, "judgments": [{"kind": "pairwise", "annotator": "x", "answer": answer}]}
    assert converted(mapping, **ROW, n="3").judgments[0].answer["strength"] == 3
    assert refused(mapping, **ROW, n=4) == "invalid_answer"


def test_rows_are_converted_one_by_one_and_errors_pass_through() -> None:
    rows: list[Row | RowError] = [
        Row(1, ROW),
        RowError(2, "bad_json", "x"),
        Row(3, {**ROW, "r1": ""}),
        Row(4, ROW),
    ]
    result = list(convert_rows(parse_mapping(PAIRS), rows))
    codes = [r.code if isinstance(r, RowError) else r.number for r in result]
    assert codes == [1, "bad_json", "empty_completion", 4]


def test_a_column_that_only_some_rows_have_is_known_and_else_empty() -> None:
    bare = {k: v for k, v in ROW.items() if k != "ann"}
    result = list(convert_rows(parse_mapping(PAIRS), [Row(1, bare), Row(2, ROW)]))
    assert [len(r.judgments) for r in result if isinstance(r, ImportedRow)] == [0, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": ["instruction", "gone"]},
        {"system": "gone"},
        {"prompt_id": "gone"},
        {"item_id": "gone"},
        {"tags": "gone"},
        {"completions": [{"text": "gone"}, {"text": "r2"}]},
        {"completions": [{"text": "r1", "label": "gone"}, {"text": "r2"}]},
        {"completions": [{"text": "r1", "id": "gone"}, {"text": "r2"}]},
        {"completions": [], "completions_list": "gone"},
        {"judgments": [{"kind": "pairwise", "annotator": "x", "answer": {"choice": "{gone}"}}]},
        {
            "judgments": [
                {"kind": "pairwise", "annotator": "x", "answer": {"reason": ["as {gone} says"]}}
            ]
        },
        {
            "judgments": [
                {"kind": "pairwise", "annotator": {"column": "gone"}, "answer": {"choice": "tie"}}
            ]
        },
    ],
)
def test_an_unknown_column_is_named_with_those_there(change: dict[str, Any]) -> None:
    mapping = parse_mapping({**PAIRS, **change})
    with pytest.raises(InvalidInput, match="'gone'") as caught:
        list(convert_rows(mapping, [Row(1, ROW)]))
    assert caught.value.code == "unknown_column"
    assert "instruction, input, idx" in caught.value.hint


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_mapping"),
        ({"prompt": []}, "invalid_mapping"),
        ({"prompt": "q", "promt": "q"}, "invalid_mapping"),
        ({**PAIRS, "completions_list": "l"}, "invalid_mapping"),
        ({**PAIRS, "kinds": []}, "invalid_mapping"),
        ({**PAIRS, "kinds": PAIRS["kinds"] * 2}, "invalid_mapping"),
        (
            {"prompt": "q", "kinds": [{"kind": "pairwise", "settings": {"oops": 1}}]},
            "invalid_mapping",
        ),
        ({"prompt": "q", "kinds": [{"kind": "oops"}]}, "unknown_kind"),
    ],
)
def test_a_wrong_mapping_is_refused(body: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_mapping(body)
    assert caught.value.code == code


def test_a_mapping_is_stored_as_json_and_documents_its_fields() -> None:
    for body in (PAIRS, THUMBS):
        mapping = parse_mapping(body)
        assert ImportMapping.model_validate_json(mapping.model_dump_json()) == mapping
    schema = ImportMapping.model_json_schema()
    fields = [schema, *schema["$defs"].values()]
    assert all("description" in field for part in fields for field in part["properties"].values())
