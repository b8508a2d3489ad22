"""One long stream of a project in a process of its own: rows, seconds, and how far its memory grew.

Run by `benchmarks.scale`: .venv/bin/python -m benchmarks.streams export|freeze|import|report SLUG MOST
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feedback.models import Project

QUESTION = "Question {n} of import {run}: which of these answers would you rather read, and why?"
MAPPING = {
    "prompt": "question",
    "completions_list": "answers",
    "kinds": [{"kind": "pairwise"}],
    "judgments": [
        {"kind": "pairwise", "annotator": name, "answer": {"choice": choice}}
        for name, choice in (("ann", "first"), ("ben", "second"), ("cleo", "tie"))
    ],
}
ANSWER = "Answer {n} to an imported question. " + 14 * "It says something sensible. "


def main() -> None:
    """Measure one stream and print what was found as JSON."""
    import django

    django.setup()
    from feedback.models import Project

    name, slug, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
    project = Project.objects.get(slug=slug)
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "rows.jsonl"
        if name == "import":
            file.write_text("".join(file_lines(most)), encoding="utf-8")
        before = _peak()
        begun = time.perf_counter()
        rows = STREAMS[name](project, file, most)
        seconds = time.perf_counter() - begun
    print(json.dumps({"rows": rows, "seconds": seconds, "growth": _peak() - before}))


def _peak() -> float:
    """The most memory that this process has held, in MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]  # Linux


def _export(project: Project, file: Path, most: int) -> int:
    from feedback.exports import get_export
    from feedback.selectors import evidence_of

    lines = get_export("preference").lines(evidence_of(project))
    return sum(1 for _ in islice(lines, most))


def _freeze(project: Project, file: Path, most: int) -> int:
    from feedback.selectors import evidence_of
    from training.snapshots import SnapshotOptions, write_snapshot

    evidence = islice(evidence_of(project), most)
    return len(write_snapshot(file.parent / "snapshot", evidence, SnapshotOptions()).judgments)


def _import(project: Project, file: Path, most: int) -> int:
    from feedback.imports import ImportMapping, convert_rows, read_rows
    from feedback.imports.base import ImportedRow
    from feedback.services import ImportCounts, import_rows

    mapping = ImportMapping.model_validate(MAPPING)
    counts = ImportCounts()
    with file.open("rb") as stream:
        rows = convert_rows(mapping, read_rows("jsonl", stream))
        import_rows(project, (row for row in rows if isinstance(row, ImportedRow)), counts)
    if counts.refused or counts.judgments != 3 * counts.rows:
        raise SystemExit(f"The import went wrong: {counts}")
    return counts.rows


def _report(project: Project, file: Path, most: int) -> int:
    """The whole of it, whatever `most` says: its queries read all judgments, its figures a share of them."""
    from training.services import run_here, start_quality_report

    owner = project.memberships.order_by("pk")[0].user
    judgments: int = run_here(start_quality_report(project, owner)).result["judgments"]
    return judgments


STREAMS = {"export": _export, "freeze": _freeze, "import": _import, "report": _report}


def file_lines(rows: int) -> Iterator[str]:
    """Rows of two completions and three people's judgments; other ones with every run."""
    run = time.time_ns()
    for n in range(rows):
        answers = [ANSWER.format(n=2 * n + which) for which in (0, 1)]
        yield json.dumps({"question": QUESTION.format(n=n, run=run), "answers": answers}) + "\n"


if __name__ == "__main__":
    main()
