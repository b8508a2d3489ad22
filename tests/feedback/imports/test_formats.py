"""Files are read row by row: good rows with their numbers, bad ones refused by themselves."""

from __future__ import annotations

import gc
import io
import json
from pathlib import Path

import pytest
from django.core.files.base import File

import feedback.imports
from feedback.errors import InvalidInput
from feedback.imports import FORMATS, Row, RowError, detect_format, read_rows


def rows(format: str, data: bytes | str) -> list[Row | RowError]:
    return list(read_rows(format, io.BytesIO(data if isinstance(data, bytes) else data.encode())))


def shape(format: str, data: bytes | str) -> list[tuple[int, object]]:
    """(number, values) of good rows and (number, code) of refused ones."""
    return [(r.number, r.values if isinstance(r, Row) else r.code) for r in rows(format, data)]


def test_the_catalogue_equals_the_modules() -> None:
    folder = Path(feedback.imports.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "base"}
    assert modules == set(FORMATS) == {f.name for f in FORMATS.values()}


def test_json_lines_refuse_each_bad_line_and_read_on() -> None:
    lines = [
        b'\xef\xbb\xbf{"a": 1}',
        b"",
        b'{"a": ',
        b"[1]",
        b'{"a": "\xff"}',
        b'{"a": "x\\u0000"}',
        b'{"a": "\x00"}',
        b'{"a": NaN}',
        b'{"a": "\\ud800"}',
        b'{"a": ' + b"[" * 100_000,
        '{"a": "é\u2028é"}'.encode(),
    ]
    assert shape("jsonl", b"\r\n".join(lines)) == [
        (1, {"a": 1}),
        (3, "bad_json"),
        (4, "not_an_object"),
        (5, "bad_utf8"),
        (6, "nul_character"),
        (7, "nul_character"),
        (8, "bad_json"),
        (9, "bad_utf8"),
        (10, "bad_json"),
        (11, {"a": "é\u2028é"}),
    ]


def test_json_lines_with_a_bad_first_line_are_read() -> None:
    assert shape("jsonl", 'oops\n{"a": 1}\n') == [(1, "bad_json"), (2, {"a": 1})]


def test_a_line_beyond_the_limit_is_refused_without_being_held() -> None:
    huge = b'{"a": "' + b"x" * (40 * 1024 * 1024) + b'"}\n{"a": 2}\n'
    assert shape("jsonl", b'{"a": 1}\n' + huge) == [(1, {"a": 1}), (2, "too_long"), (3, {"a": 2})]


@pytest.mark.parametrize(
    ("format", "data"),
    [
        ("jsonl", b""),
        ("jsonl", b"\n\n"),
        ("jsonl", b"just text\nand more\n"),
        ("jsonl", b"text\n" * 1000),
        ("jsonl", b"[1]\n[2]\n"),
        ("json", b""),
        ("json", b"just text"),
        ("json", b'{"a": 1}'),
        ("json", b'"text"'),
        ("json", b"[oops]"),
        ("json", '[{"a": 1}]'.encode("utf-16")),
        ("csv", b""),
        ("csv", b"\n\n"),
        ("csv", "a,b\n1,2\n".encode("utf-16")),
        ("csv", b"\xff\xfe,b\n1,2\n"),
        ("csv", b'"a,b\n'),
    ],
)
def test_a_file_of_another_sort_is_unreadable(format: str, data: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        rows(format, data)
    assert caught.value.code == "unreadable_file"
    assert caught.value.hint


@pytest.mark.parametrize(
    "data",
    [
        '[{"a": 1}, 5, {"a": 1.5, "b": [null, true]}]',
        '{"version": {"x": [0]}, "rows": [{"a": 1}, 5, {"a": 1.5, "b": [null, true]}], "n": [3]}',
        '\ufeff[{"a": 1}, 5, {"a": 1.5, "b": [null, true]}]',
    ],
)
def test_a_json_array_is_found_at_the_top_or_under_a_key(data: str) -> None:
    expected = [(1, {"a": 1}), (2, "not_an_object"), (3, {"a": 1.5, "b": [None, True]})]
    assert shape("json", data) == expected
    values = [r.values for r in rows("json", data) if isinstance(r, Row)]
    assert [type(v["a"]) for v in values] == [int, float]


def test_json_that_breaks_off_says_so_in_its_last_row() -> None:
    whole = ", ".join(json.dumps({"a": "x" * 1000}) for _ in range(200))
    result = rows("json", f"[{whole}, {{")
    assert isinstance(result[-1], RowError)
    assert result[-1].code == "bad_json"
    assert len(result) > 1
    assert [r.number for r in result] == list(range(1, len(result) + 1))
    assert all(isinstance(r, Row) for r in result[:-1])


def test_json_rows_with_nul_or_half_characters_are_refused() -> None:
    data = '[{"a": ["x\\u0000"]}, {"b\\u0000": 1}, {"a": 1}]'
    assert shape("json", data) == [(1, "nul_character"), (2, "nul_character"), (3, {"a": 1})]


def test_csv_numbers_are_the_lines_on_which_rows_begin() -> None:
    data = '\ufeffid,text\r\n1,"two\r\nlines, ""quoted"""\r\n\r\n2,x\r\n3\r\n4,a,b\r\n5,"y"z\r\n6,w'
    assert shape("csv", data) == [
        (2, {"id": "1", "text": 'two\r\nlines, "quoted"'}),
        (5, {"id": "2", "text": "x"}),
        (6, "wrong_cells"),
        (7, "wrong_cells"),
        (8, "bad_csv"),
        (9, {"id": "6", "text": "w"}),
    ]


def test_csv_refuses_bad_bytes_and_nul_by_row() -> None:
    data = b"id,text\n1,\xff\n2,a\x00b\n3,\xc3\xa9\n"
    assert shape("csv", data) == [
        (2, "bad_utf8"),
        (3, "nul_character"),
        (4, {"id": "3", "text": "é"}),
    ]


def test_csv_reads_long_cells_other_delimiters_and_nameless_columns() -> None:
    long = "x" * 300_000
    assert shape("csv", f"a;b\n1;{long}\n") == [(2, {"a": "1", "b": long})]
    assert shape("csv", "a\tb\n1\t2,3\n") == [(2, {"a": "1", "b": "2,3"})]
    assert shape("csv", ",b\r0,1\r") == [(2, {"column 1": "0", "b": "1"})]
    assert shape("csv", "only\nx\n") == [(2, {"only": "x"})]
    assert shape("csv", "a,b\n") == []


def test_csv_with_two_columns_of_one_name_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'a'") as caught:
        rows("csv", "a,b,a\n1,2,3\n")
    assert caught.value.code == "duplicate_column"


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("format", "data"),
    [("jsonl", b'{"a": "1"}\n'), ("json", b'[{"a": "1"}]'), ("csv", b"a\n1\n")],
)
def test_stored_files_are_read_and_left_open(format: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data)
    with File((tmp_path / "file").open("rb")) as stored:
        found = list(read_rows(format, stored))
        assert [r.values for r in found if isinstance(r, Row)] == [{"a": "1"}]
        assert not stored.closed
        stored.seek(0)
        started = read_rows(format, stored)
        next(started)
    del started  # ends the reading after its file was closed
    gc.collect()


@pytest.mark.parametrize(
    ("filename", "head", "format"),
    [
        ("x.jsonl", b"", "jsonl"),
        ("x.NDJSON", b"", "jsonl"),
        ("x.csv", b"", "csv"),
        ("x.tsv", b"", "csv"),
        ("x.json", b"[{}]", "json"),
        ("x.json", b'{\n "rows": [{}]}', "json"),
        ("x.json", b'{"rows": [{}]}', "json"),
        ("x.json", b'{"rows": [{}]}\n', "json"),
        ("x.json", b'{"version": 1, "rows": [{"a": "' + b"x" * 4000, "json"),
        ("x.json", b'{"a": 1}\n{"a": 2}\n', "jsonl"),
        ("x.json", b'{"a": [1]}\n{"a": [2]}\n', "jsonl"),
        ("x.json", b'{"a": 1}\n', "jsonl"),
        ("upload", b"  [\n", "json"),
        ("upload", b'{"a": 1}\n{"a": 2}\n', "jsonl"),
        ("upload.txt", b'{"a": "' + b"x" * 4000, "jsonl"),
        ("upload.txt", b'{"rows": [{"a": "' + b"x" * 4000, "json"),
        ("upload.txt", b"\xef\xbb\xbfid,text\n1,2\n", "csv"),
    ],
)
def test_the_format_is_detected(filename: str, head: bytes, format: str) -> None:
    assert detect_format(filename, head) == format


def test_unknown_formats_name_the_known_ones() -> None:
    for call in (
        lambda: detect_format("x.parquet", b"PAR1\x15\x04"),
        lambda: read_rows("xml", io.BytesIO()),
    ):
        with pytest.raises(InvalidInput) as caught:
            call()
        assert caught.value.code == "unknown_format"
        assert "jsonl, json, csv" in caught.value.hint


def resident() -> int:
    """This process's resident memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("format", ["jsonl", "json", "csv"])
def test_big_files_do_not_fill_the_memory(format: str, tmp_path: Path) -> None:
    text = "word " * 400
    path = tmp_path / "big"
    with path.open("w") as file:
        file.write({"json": "[", "csv": "id,text\n", "jsonl": ""}[format])
        for n in range(50_000):
            comma = "," if format == "json" and n else ""
            line = f"{n},{text}" if format == "csv" else json.dumps({"id": n, "text": text})
            file.write(f"{comma}{line}\n")
        file.write("]" if format == "json" else "")
    seen = 0
    before = most = resident()
    with path.open("rb") as stream:
        for row in read_rows(format, stream):
            assert isinstance(row, Row)
            seen += 1
            if seen % 1000 == 0:
                most = max(most, resident())
    assert seen == 50_000
    assert most - before < 60e6, f"{(most - before) / 1e6:.0f} MB"


@pytest.mark.parametrize("data", [b"[" * 100_000, b'[{"a":' + b"[" * 100_000])
def test_deep_json_is_refused_at_once(data: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        list(read_rows("json", io.BytesIO(data)))
    assert refused.value.code == "unreadable_file"
    assert "levels deep" in refused.value.message
