"""Writes of imported rows: content and judgments through the same doors as everybody else's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from feedback.errors import Conflict, TouchstoneError
from feedback.imports.base import ImportedGold, ImportedRow
from feedback.kinds.base import Ask
from feedback.models import Annotator, Completion, Item, Project, Source, Submission
from feedback.selectors import ask_about
from feedback.services.batches import ContentBatch, ItemOptions
from feedback.services.bulk import ids_of, store_in_batches
from feedback.services.content import NewCompletion, NewItem, digest_of
from feedback.services.gold import mark_gold
from feedback.services.submissions import NewSubmission, SubmissionBatch


@dataclass(slots=True)
class ImportCounts:
    """What became of an import so far; `refused` names each row and why."""

    rows: int = 0
    created: int = 0
    same: int = 0
    judgments: int = 0
    judgments_same: int = 0
    gold: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, number: int, code: str, message: str) -> None:
        """Note a refused row by its number."""
        self.refused.append({"where": f"row {number}", "code": code, "message": message})


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row, and of its judgments."""

    row: ImportedRow
    status: str = ""
    judgments: int = 0
    judgments_same: int = 0
    gold: bool = False  # whether it made its item gold
    error: TouchstoneError | None = None


def import_rows(project: Project, rows: Iterable[ImportedRow], counts: ImportCounts) -> None:
    """Store rows, each whole or not at all, and add what became of them to `counts`."""
    for outcome in store_in_batches(rows, partial(_store, project)):
        counts.rows += 1
        counts.created += outcome.status == "created"
        counts.same += outcome.status == "same"
        counts.judgments += outcome.judgments
        counts.judgments_same += outcome.judgments_same
        counts.gold += outcome.gold
        if outcome.error is not None:
            counts.refuse(outcome.row.number, outcome.error.code, outcome.error.message)


def _store(project: Project, rows: Sequence[ImportedRow]) -> list[RowOutcome]:
    batch = ImportBatch(project, rows)
    outcomes = [batch.store(n, row) for n, row in enumerate(rows)]
    batch.write()
    return outcomes


class ImportBatch:
    """Rows whose content and judgments are stored together; a row is taken up with all its judgments or not at all."""

    def __init__(self, project: Project, rows: Sequence[ImportedRow]) -> None:
        options = ItemOptions(project.overlap, reuse_equal=True)
        self._content = ContentBatch(project, [_content(row) for row in rows], options)
        self._annotators = _Annotators(project, rows)
        known = self._content.known_items
        stored = Submission.objects.filter(item__in=known, annotator__in=self._annotators.stored)
        self._submissions = SubmissionBatch(stored if known else ())
        self._marks: list[tuple[Item, ImportedGold]] = []

    def store(self, n: int, row: ImportedRow) -> RowOutcome:
        """Take the row up, or say why it is refused."""
        try:
            planned = self._content.plan(n, row.close)
            item = planned.outcome.item
            gold = _gold(item, row)
            if gold is not None and item is not None and planned.outcome.status == "created":
                item.gold, item.places = gold, 0  # so that answers in the file are held against it
            news = list(self._news(item, row)) if item else []
            asks = _asks(item, planned.completions) if item and news else {}
            answers = [self._submissions.plan(new, item, asks.__getitem__) for new in news]
        except TouchstoneError as error:
            return RowOutcome(row, error=error)
        self._content.keep(planned)
        self._annotators.keep(new.annotator for new in news)
        if gold is not None and item is not None:
            item.gold, item.places = gold, 0
            if row.gold is not None and not item._state.adding:
                self._marks.append((item, row.gold))
        statuses = [self._submissions.keep(answer).status for answer in answers]
        created, same = statuses.count("created"), statuses.count("same")
        return RowOutcome(row, planned.outcome.status, created, same, gold is not None)

    def write(self) -> None:
        """Store what was taken up."""
        self._content.write()
        self._annotators.write()
        self._submissions.write()
        for item, gold in self._marks:
            mark_gold(item, gold.answers, gold.explanation)

    def _news(self, item: Item, row: ImportedRow) -> Iterator[NewSubmission]:
        """One submission an annotator. The key is made of the item, so that a re-import stores nothing twice."""
        answers: dict[str, dict[str, Any]] = {}
        for judgment in row.judgments:
            answers.setdefault(judgment.annotator, {})[judgment.kind] = judgment.answer
        for name, answer in answers.items():
            key = f"import:{digest_of([item.pk, name])[:32]}"
            yield NewSubmission(item.pk, self._annotators.get(name), answer, key)


class _Annotators:
    """The names in a batch as annotators of the project; new ones are stored if a row that names them is."""

    def __init__(self, project: Project, rows: Sequence[ImportedRow]) -> None:
        self._project = project
        names = {judgment.annotator for row in rows for judgment in row.judgments}
        known = Annotator.objects.filter(project=project, source=Source.IMPORT, user=None)
        self.stored = list(known.filter(name__in=names)) if names else []
        self._known = {annotator.name: annotator for annotator in self.stored}
        self._ids = ids_of(Annotator, len(names))
        self._new: dict[str, Annotator] = {}

    def get(self, name: str) -> Annotator:
        """The annotator of that name."""
        if name not in self._known:
            self._known[name] = Annotator(
                pk=next(self._ids), project=self._project, source=Source.IMPORT, name=name
            )
        return self._known[name]

    def keep(self, named: Iterable[Annotator]) -> None:
        """A row that names them is stored."""
        self._new |= {annotator.name: annotator for annotator in named}

    def write(self) -> None:
        """Store those that are new, in the order of their names, so that no two imports lock each other out."""
        for annotator in self.stored:
            self._new.pop(annotator.name, None)
        Annotator.objects.bulk_create(self._new[name] for name in sorted(self._new))


def _gold(item: Item | None, row: ImportedRow) -> dict[str, Any] | None:
    """What the item becomes gold with; None without, or where it is that already. Raises Conflict `gold_conflict`."""
    if item is None or row.gold is None:
        return None
    said = {"answers": dict(row.gold.answers), "explanation": row.gold.explanation}
    if item.gold == said:
        return None
    if item.gold is not None:
        raise Conflict(
            "The item is gold already, with another answer or explanation.",
            code="gold_conflict",
            hint="Change it on the item's page.",
        )
    return said


def _asks(item: Item, completions: Sequence[Completion]) -> dict[str, Ask[Any]]:
    """What the item asks, by kind."""
    return {one["kind"]: ask_about(item, one["kind"], completions) for one in item.kinds}


def _content(row: ImportedRow) -> NewItem:
    completions = [
        NewCompletion(c.text, {"label": c.label} if c.label else {}, c.media)
        for c in row.completions
    ]
    return NewItem(
        messages=row.messages,
        completions=completions,
        kinds=row.kinds,
        prompt_id=row.prompt_id,
        item_id=row.item_id,
        tags=row.tags,
    )
