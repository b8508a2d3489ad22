"""Imports in batches against imports row by row: the same file, two empty projects, one run.

Run: .venv/bin/python -m benchmarks.importing [--rows 5000] [--single 500]
"""

from __future__ import annotations

import argparse
import io
import time
from typing import TYPE_CHECKING

from benchmarks.place import commit, installation, machine
from benchmarks.streams import MAPPING, file_lines

if TYPE_CHECKING:
    from feedback.imports.base import ImportedRow


def main() -> None:
    """Import both ways, then the same file again, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000, help="rows imported in batches")
    parser.add_argument("--single", type=int, default=500, help="of them, imported row by row")
    asked = parser.parse_args()
    with installation():
        rows = _rows(asked.rows)
        print(f"rows of two completions and three judgments; {machine()}; commit {commit()}\n")
        print(f"{'':<24} {'rows':>8} {'rows/s':>10} {'queries a row':>14} {'ratio':>8}")
        single = _timed("single", [[row] for row in rows[: asked.single]])
        _print("row by row", asked.single, single, single)
        batched = _timed("batched", [rows])
        _print("in batches", asked.rows, batched, single)
        again = _timed("batched", [rows])
        _print("the same file again", asked.rows, again, single)


def _rows(number: int) -> list[ImportedRow]:
    from feedback.imports import ImportMapping, convert_rows, read_rows
    from feedback.imports.base import ImportedRow

    stream = io.BytesIO("".join(file_lines(number)).encode())
    found = convert_rows(ImportMapping.model_validate(MAPPING), read_rows("jsonl", stream))
    return [row for row in found if isinstance(row, ImportedRow)]


def _timed(slug: str, parts: list[list[ImportedRow]]) -> tuple[float, float]:
    """Rows a second, and queries a row."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from feedback.models import Project
    from feedback.services import ImportCounts, import_rows

    project, _ = Project.objects.get_or_create(slug=slug, defaults={"name": slug})
    counts = ImportCounts()
    with CaptureQueriesContext(connection) as queries:
        begun = time.perf_counter()
        for rows in parts:
            import_rows(project, rows, counts)
        seconds = time.perf_counter() - begun
    if counts.refused:
        raise SystemExit(f"The import went wrong: {counts.refused[0]}")
    return counts.rows / seconds, len(queries) / counts.rows


def _print(
    name: str, rows: int, measured: tuple[float, float], baseline: tuple[float, float]
) -> None:
    rate, queries = measured
    print(f"{name:<24} {rows:>8,} {rate:>10,.0f} {queries:>14.2f} {rate / baseline[0]:>6.1f} x")


if __name__ == "__main__":
    main()
