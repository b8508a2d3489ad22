"""Import: a file of prompts, completions, judgments and known answers, by a mapping of columns."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.core.files.storage import storages
from pydantic import Field

from feedback.imports import ImportMapping, convert_rows, read_rows
from feedback.imports.base import ImportedRow, RowError
from feedback.models import Project
from feedback.ordering import ORDERINGS
from feedback.services import ImportCounts, import_rows, keep_progress, queue_settings
from feedback.services.bulk import BATCH, batches_of
from training.jobs.context import JobContext
from training.operations.base import NextJob, Operation, Outcome, Params

MOST_DETAILS = 10_000


class ImportParams(Params):
    """The stored file, how it reads, and what its columns mean."""

    file: str = Field(description="The file's name in artefact storage.")
    filename: str = ""
    format: str
    mapping: ImportMapping


class ImportContent(Operation[ImportParams]):
    """Each row is stored whole or refused with its number; a repeat stores nothing twice."""

    name = "import_content"
    label = "Import"
    params_model = ImportParams

    def run(self, context: JobContext, params: ImportParams) -> Outcome:
        """Store the file in batches; reads again from the start after an interruption, which is harmless."""
        project = context.job.project
        assert project is not None  # noqa: S101 imports always have a project
        storage = storages["artefacts"]
        size = storage.size(params.file)
        counts = ImportCounts()
        with storage.open(params.file) as file:
            stream = cast(BinaryIO, file)
            rows = convert_rows(params.mapping, read_rows(params.format, stream))
            for batch in batches_of(rows, BATCH):
                context.check()
                _store(project, batch, counts)
                context.progress(_position(stream, size), size, f"{counts.rows} rows")
        keep_progress(project)
        follow = (NextJob("order_items", {}),) if _needs_order(project, counts) else ()
        return Outcome(result=_report(counts), follow=follow)


def _needs_order(project: Project, counts: ImportCounts) -> bool:
    """New items stand before all others until an order that is worked out has ranked them."""
    return counts.created > 0 and ORDERINGS[queue_settings(project).order].ranked


def _store(project: Project, batch: list[ImportedRow | RowError], counts: ImportCounts) -> None:
    for row in batch:
        if isinstance(row, RowError):
            counts.rows += 1
            counts.refuse(row.number, row.code, row.message)
    import_rows(project, [row for row in batch if isinstance(row, ImportedRow)], counts)


def _position(stream: BinaryIO, size: int) -> int:
    return min(stream.tell(), size - 1) if not stream.closed else size


def _report(counts: ImportCounts) -> dict[str, Any]:
    refused = sorted(counts.refused, key=lambda detail: int(detail["where"].split()[-1]))
    return {
        "rows": counts.rows,
        "created": counts.created,
        "same": counts.same,
        "judgments": counts.judgments,
        "judgments_same": counts.judgments_same,
        "gold": counts.gold,
        "refused": len(refused),
        "refusals": refused[:MOST_DETAILS],
    }
