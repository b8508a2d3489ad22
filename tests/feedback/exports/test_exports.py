"""Exports: rows as trainers read them, lines that `datasets` loads, nothing lost in native."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, load_dataset

import feedback.exports
from feedback.errors import InvalidInput
from feedback.evidence import (
    Candidate,
    Comparison,
    Context,
    Critique,
    Demonstration,
    Evidence,
    Outcome,
    Ranking,
    Score,
    Verdict,
    from_json,
    record_name,
)
from feedback.exports import EXPORTS, ExportOptions, get_export

BOTH = ExportOptions(ties="both")
CONTEXT = Context(
    judgment=5,
    item=6,
    kind="pairwise",
    prompt=({"content": "Why? é\u2028", "role": "user"},),
    tags=("x", "y"),
    annotator="human-1",
    source="human",
    created="2026-11-01T10:00:00Z",
    weight=0.5,
)
A, B, C = Candidate(1, "a", "model-a"), Candidate(2, "b", "model-b"), Candidate(3, "c")
LINKED = Candidate(7, "", "model-a", {"type": "image", "url": "https://example.org/a.png"})
UPLOADED = Candidate(8, "", "model-b", {"type": "image", "sha256": "0" * 64})
PROMPT = [{"role": "user", "content": "Why? é\u2028"}]
PROVENANCE = {
    "id": 5,
    "item_id": 6,
    "kind": "pairwise",
    "annotator": "human-1",
    "source": "human",
    "weight": 0.5,
    "tags": "x, y",
    "created": "2026-11-01T10:00:00Z",
}


def says(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def comparison(outcome: Outcome, strength: float = 2) -> Comparison:
    return Comparison(context=CONTEXT, first=A, second=B, outcome=outcome, strength=strength)


ALL: list[Evidence] = [
    comparison("second"),
    comparison("tie", 0),
    comparison("both_bad", 0),
    Ranking(context=CONTEXT, tiers=((A,), (B, C))),
    Verdict(context=CONTEXT, completion=A, desirable=True),
    Verdict(context=CONTEXT, completion=B, desirable=False),
    Score(context=CONTEXT, completion=A, value=2.5, low=-math.inf, high=math.inf),
    Score(context=CONTEXT, completion=A, other=B, unit="EUR", value=1.0, low=1.0, high=1.0),
    Critique(context=CONTEXT, completion=A, text="Wrong.", spans=((0, 1),)),
    Critique(context=CONTEXT, completion=A, text="", revision="better"),
    Demonstration(context=CONTEXT, completion="written"),
    Comparison(context=CONTEXT, first=A, second=B, outcome="first", aspect="harmless"),
    Comparison(context=CONTEXT, first=LINKED, second=UPLOADED, outcome="second", strength=3),
    Comparison(context=CONTEXT, first=LINKED, second=UPLOADED, outcome="tie", strength=0),
    Comparison(context=CONTEXT, first=LINKED, second=A, outcome="first"),
    Verdict(context=CONTEXT, completion=LINKED, desirable=True),
]


def rows(name: str, evidence: Iterable[Evidence], options: ExportOptions | None = None) -> Any:
    return list(get_export(name).rows(evidence, options))


def test_the_catalogue_equals_the_modules() -> None:
    folder = Path(feedback.exports.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "base"}
    assert modules == set(EXPORTS)
    for name, export in EXPORTS.items():
        assert export.name == name
        assert export.label
        assert export.summary.endswith(".")
        assert (export.extension, export.media_type) == ("jsonl", "application/jsonl")


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as caught:
        get_export("csv")
    assert caught.value.code == "unknown_format"
    known = "native, preference, unpaired, prompt_completion, image_preference"
    assert known in caught.value.hint


def test_native_loses_nothing() -> None:
    lines = list(get_export("native").lines(ALL))
    assert [from_json(json.loads(line, parse_constant=pytest.fail)) for line in lines] == ALL
    assert all(line.endswith(b"}\n") and line.count(b"\n") == 1 for line in lines)


def test_a_preference_row_has_every_column() -> None:
    assert rows("preference", [comparison("second")]) == [
        {
            "prompt": PROMPT,
            "chosen": says("b"),
            "rejected": says("a"),
            "margin": 2.0,
            "margin_unit": "strength",
            **PROVENANCE,
            "model_chosen": "model-b",
            "model_rejected": "model-a",
        }
    ]


@pytest.mark.parametrize("outcome", ["tie", "both_bad"])
def test_ties_are_dropped_or_written_in_both_orders(outcome: Outcome) -> None:
    tie = comparison(outcome, 0)
    assert rows("preference", [tie]) == []
    both = rows("preference", [tie], BOTH)
    assert [(r["chosen"], r["rejected"], r["margin"]) for r in both] == [
        (says("a"), says("b"), 0.0),
        (says("b"), says("a"), 0.0),
    ]


def pairs(found: Iterable[dict[str, Any]]) -> list[tuple[str, str, float]]:
    return [(r["chosen"][0]["content"], r["rejected"][0]["content"], r["margin"]) for r in found]


def test_a_ranking_becomes_pairs_with_the_gap_as_margin() -> None:
    ranking = Ranking(context=CONTEXT, tiers=((A,), (B, C), (Candidate(4, "d"),)))
    decided = [("a", "b", 1), ("a", "c", 1), ("a", "d", 2), ("b", "d", 1), ("c", "d", 1)]
    assert pairs(rows("preference", [ranking])) == decided
    with_ties = pairs(rows("preference", [ranking], BOTH))
    assert sorted(with_ties) == sorted([*decided, ("b", "c", 0), ("c", "b", 0)])


def score(value: float, unit: str = "EUR", **fields: Any) -> Score:
    body: dict[str, Any] = {"context": CONTEXT, "completion": A, "other": B, **fields}
    return Score(unit=unit, value=value, low=value, high=value, **body)


def test_a_difference_becomes_a_pair_with_its_unit() -> None:
    found = rows("preference", [score(-2.5), score(0.5, "points"), score(0), score(3, other=None)])
    assert pairs(found) == [("b", "a", 2.5), ("a", "b", 0.5)]
    assert [row["margin_unit"] for row in found] == ["EUR", "points"]
    assert len(rows("preference", [score(0)], BOTH)) == 2


def test_a_decided_comparison_without_strength_is_no_tie() -> None:
    assert pairs(rows("preference", [comparison("first", 0)])) == [("a", "b", 0)]


def test_an_aspect_is_written_only_when_it_is_asked_for() -> None:
    harmless = Comparison(context=CONTEXT, first=A, second=B, outcome="second", aspect="harmless")
    overall = comparison("first", 1)
    ranking = Ranking(context=CONTEXT, tiers=((A,), (B,)))
    records: list[Evidence] = [harmless, overall, ranking]
    records += [score(1, aspect="harmless"), score(2)]
    asked = ExportOptions(aspect="harmless")
    assert pairs(rows("preference", records, asked)) == [("b", "a", 1), ("a", "b", 1)]
    assert ExportOptions(aspect="") == ExportOptions()
    whole = [("a", "b", 1), ("a", "b", 1), ("a", "b", 1), ("a", "b", 2)]
    assert pairs(rows("preference", records)) == whole


def test_a_revision_is_preferred_to_the_original_on_request() -> None:
    records = [r for r in ALL if isinstance(r, Critique)]
    assert rows("preference", records) == []
    (row,) = rows("preference", records, ExportOptions(revisions=True))
    assert pairs([row]) == [("better", "a", 1)]
    assert (row["margin_unit"], row["model_chosen"], row["model_rejected"]) == (
        "strength",
        "",
        "model-a",
    )
    assert rows("preference", records, ExportOptions(revisions=True, aspect="harmless")) == []


def test_images_are_in_no_text_and_have_an_export_of_their_own() -> None:
    images = [r for r in ALL if "media" in json.dumps(list(rows("native", [r])))]
    assert len(images) == 4
    for name in ("preference", "unpaired", "prompt_completion"):
        assert rows(name, images, BOTH) == []
    found = rows("image_preference", ALL, BOTH)
    url, upload = "https://example.org/a.png", f"sha256:{'0' * 64}"
    told = [(r["image_chosen"], r["image_rejected"], r["margin"]) for r in found]
    assert told == [(upload, url, 3), (url, upload, 0), (upload, url, 0)]
    assert found[0] == {
        "prompt": PROMPT,
        "image_chosen": upload,
        "image_rejected": url,
        "margin": 3.0,
        "margin_unit": "strength",
        **PROVENANCE,
        "model_chosen": "model-b",
        "model_rejected": "model-a",
    }


def test_unpaired_rows_are_verdicts() -> None:
    found = rows("unpaired", ALL)
    assert found[0] == {
        "prompt": PROMPT,
        "completion": says("a"),
        "label": True,
        **PROVENANCE,
        "model": "model-a",
    }
    assert [r["label"] for r in found] == [True, False]


def test_prompt_completion_rows_are_what_is_worth_imitating() -> None:
    found = [
        (r["completion"], r["origin"], r["model"], r["prompt"])
        for r in rows("prompt_completion", ALL)
    ]
    assert found == [
        (says("a"), "desirable", "model-a", PROMPT),
        (says("better"), "revision", "", PROMPT),
        (says("written"), "demonstration", "", PROMPT),
    ]


@pytest.mark.parametrize("name", EXPORTS)
def test_no_evidence_gives_an_empty_file(name: str) -> None:
    assert list(get_export(name).lines([])) == []


@pytest.mark.parametrize("name", EXPORTS)
def test_lines_come_one_by_one(name: str) -> None:
    taken = 0

    def endless() -> Iterator[Evidence]:
        nonlocal taken
        while True:
            taken += len(ALL)
            yield from ALL

    lines = get_export(name).lines(endless())
    for _ in range(50):
        next(lines)
    assert taken <= 50 * len(ALL)


MESSAGES = [{"role": "string", "content": "string"}]
ORIGIN = {
    "id": "int64",
    "item_id": "int64",
    "kind": "string",
    "annotator": "string",
    "source": "string",
    "weight": "float64",
    "tags": "string",
    "created": "timestamp[s]",
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "preference": {
        "prompt": MESSAGES,
        "chosen": MESSAGES,
        "rejected": MESSAGES,
        "margin": "float64",
        "margin_unit": "string",
        **ORIGIN,
        "model_chosen": "string",
        "model_rejected": "string",
    },
    "image_preference": {
        "prompt": MESSAGES,
        "image_chosen": "string",
        "image_rejected": "string",
        "margin": "float64",
        "margin_unit": "string",
        **ORIGIN,
        "model_chosen": "string",
        "model_rejected": "string",
    },
    "unpaired": {
        "prompt": MESSAGES,
        "completion": MESSAGES,
        "label": "bool",
        **ORIGIN,
        "model": "string",
    },
    "prompt_completion": {
        "prompt": MESSAGES,
        "completion": MESSAGES,
        **ORIGIN,
        "origin": "string",
        "model": "string",
    },
}


def load(path: Path, lines: Iterable[bytes]) -> Dataset:
    path.mkdir(parents=True)
    with (path / "rows.jsonl").open("wb") as file:
        file.writelines(lines)
    return load_dataset(
        "json", data_files=str(path / "rows.jsonl"), split="train", cache_dir=str(path / "cache")
    )


def plain(feature: Any) -> Any:
    """A dataset's feature as names of types."""
    if hasattr(feature, "feature"):
        return [plain(feature.feature)]
    if isinstance(feature, dict):
        return {name: plain(value) for name, value in feature.items()}
    return feature.dtype


@pytest.mark.parametrize("name", SCHEMAS)
def test_datasets_load_the_columns_that_trainers_expect(name: str, tmp_path: Path) -> None:
    dataset = load(tmp_path / name, get_export(name).lines(ALL * 3, BOTH))
    assert {column: plain(f) for column, f in dataset.features.items()} == SCHEMAS[name]
    assert as_written(dataset) == rows(name, ALL * 3, BOTH)


def as_written(dataset: Dataset) -> list[dict[str, Any]]:
    """The rows with their time as text again: it is loaded as a time."""
    return [{**row, "created": f"{row['created'].isoformat()}Z"} for row in dataset.to_list()]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_big_file_whose_tags_and_labels_come_late_is_loaded(name: str, tmp_path: Path) -> None:
    bare = dataclasses.replace(CONTEXT, tags=())
    long = Candidate(9, "x" * 1_000_000)
    early: list[Evidence] = [
        Comparison(context=bare, first=long, second=long, outcome="first"),
        Verdict(context=bare, completion=long, desirable=True),
        Comparison(context=bare, first=LINKED, second=UPLOADED, outcome="first"),
    ]
    dataset = load(tmp_path / name, get_export(name).lines([*early * 15, *ALL]))
    assert [tags for tags in dataset["tags"] if tags] == ["x, y"] * len(rows(name, ALL))


def test_the_margin_is_never_null(tmp_path: Path) -> None:
    dataset = load(tmp_path / "x", get_export("preference").lines(ALL, BOTH))
    assert len(dataset) == 1 + 2 + 2 + 4 + 1
    assert all(isinstance(margin, float) for margin in dataset["margin"])


@pytest.mark.parametrize("record", sorted({record_name(r) for r in ALL}))
def test_datasets_load_native_records_of_each_sort(record: str, tmp_path: Path) -> None:
    chosen = [r for r in ALL if record_name(r) == record]
    dataset = load(tmp_path / record, get_export("native").lines(chosen))
    assert [from_json(row) for row in as_written(dataset)] == chosen
