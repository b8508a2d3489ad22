"""Writes of imported rows: content and judgments through the same doors as everybody else's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from feedback.errors import TouchstoneError
from feedback.imports.base import ImportedRow
from feedback.models import Annotator, Item, Project, Source
from feedback.services.content import (
    ContentOutcome,
    NewCompletion,
    NewItem,
    add_items,
    digest_of,
)
from feedback.services.judgments import NewSubmission, annotator_for, submit_judgments


@dataclass(slots=True)
class ImportCounts:
    """What became of an import so far; `refused` names each row and why."""

    rows: int = 0
    created: int = 0
    same: int = 0
    judgments: int = 0
    judgments_same: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, number: int, code: str, message: str) -> None:
        """Note a refused row by its number."""
        self.refused.append({"where": f"row {number}", "code": code, "message": message})


class RowRefused(Exception):
    """Rolls back one row whose judgments do not fit what is stored."""

    def __init__(self, error: TouchstoneError) -> None:
        super().__init__(error.message)
        self.error = error


def import_rows(project: Project, rows: Iterable[ImportedRow], counts: ImportCounts) -> None:
    """Store rows, each whole or not at all, and add what became of them to `counts`."""
    annotators: dict[str, Annotator] = {}
    for row in rows:
        counts.rows += 1
        try:
            with transaction.atomic():
                _import_row(project, row, annotators, counts)
        except RowRefused as refused:
            annotators.clear()  # those that this row made were rolled back with it
            counts.refuse(row.number, refused.error.code, refused.error.message)


def _import_row(
    project: Project, row: ImportedRow, annotators: dict[str, Annotator], counts: ImportCounts
) -> None:
    outcome = _store_content(project, row)
    if outcome.error is not None:
        raise RowRefused(outcome.error)
    statuses = []
    if outcome.item is not None:
        news = list(_submissions(project, outcome.item, row, annotators))
        for result in submit_judgments(news):
            if result.error is not None:
                raise RowRefused(result.error)
            statuses.append(result.status)
    counts.judgments += statuses.count("created")
    counts.judgments_same += statuses.count("same")
    if outcome.status == "created":
        counts.created += 1
    else:
        counts.same += 1


def _store_content(project: Project, row: ImportedRow) -> ContentOutcome:
    completions = [
        NewCompletion(c.text, {"label": c.label} if c.label else {}, c.media)
        for c in row.completions
    ]
    new = NewItem(
        messages=row.messages,
        completions=completions,
        kinds=row.kinds,
        prompt_id=row.prompt_id,
        item_id=row.item_id,
        tags=row.tags,
    )
    return add_items(project, [new], closed=row.close, reuse_equal=True)[0]


def _submissions(
    project: Project, item: Item, row: ImportedRow, annotators: dict[str, Annotator]
) -> Iterator[NewSubmission]:
    """One submission an annotator. The key is made of the item, so that a re-import stores nothing twice."""
    answers: dict[str, dict[str, Any]] = {}
    for judgment in row.judgments:
        answers.setdefault(judgment.annotator, {})[judgment.kind] = judgment.answer
    for name, answer in answers.items():
        if name not in annotators:
            annotators[name] = annotator_for(project, Source.IMPORT, name)
        key = f"import:{digest_of([item.pk, name])[:32]}"
        yield NewSubmission(item.pk, annotators[name], answer, key)
