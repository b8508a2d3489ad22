"""Signals stored: what a program or a job tells of items and completions, in bulk."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from feedback.errors import InvalidInput
from feedback.models import Completion, Item, Project, Signal
from feedback.services.bulk import batches_of

BATCH = 1000
LONGEST_VECTOR = 8192


@dataclass(frozen=True, slots=True)
class NewSignal:
    """A number or a vector about an item or a completion of the project."""

    item: int | None = None
    completion: int | None = None
    value: float | None = None
    vector: Sequence[float] | None = None

    def problem(self) -> str | None:
        """Why it cannot be stored, in a sentence; None when it can."""
        if (self.item is None) == (self.completion is None):
            return "Name an item or a completion, one of the two."
        if (self.value is None) == (self.vector is None):
            return "Give a value or a vector, one of the two."
        numbers = [self.value] if self.vector is None else self.vector
        if not 1 <= len(numbers) <= LONGEST_VECTOR:
            return f"A vector has 1 to {LONGEST_VECTOR} numbers."
        if not all(number is not None and math.isfinite(number) for number in numbers):
            return "Every number must be finite."
        return None


def store_signals(project: Project, name: str, version: str, rows: Sequence[NewSignal]) -> int:
    """Store all rows or none, and return how many; what was told before under this name and version is replaced.

    Raises InvalidInput `invalid_signals` with a detail for each row that does not fit, by its number from 0.
    """
    _check(project, rows)
    last = {(row.item, row.completion): row for row in rows}
    with transaction.atomic():
        for batch in batches_of(last.values(), BATCH):
            for about in ("item", "completion"):
                _store(name, version, about, [r for r in batch if getattr(r, about) is not None])
    return len(rows)


def _check(project: Project, rows: Sequence[NewSignal]) -> None:
    problems = {n: problem for n, row in enumerate(rows) if (problem := row.problem())}
    widths = {len(row.vector) for row in rows if row.vector is not None}
    if len(widths) > 1 and not problems:
        problems = {0: f"All vectors must have one length; these have {sorted(widths)[:5]}."}
    known = {
        "item": _known(Item.objects.filter(project=project), [r.item for r in rows]),
        "completion": _known(
            Completion.objects.filter(prompt__project=project), [r.completion for r in rows]
        ),
    }
    for n, row in enumerate(rows):
        for about, pks in known.items():
            pk = getattr(row, about)
            if pk is not None and pk not in pks:
                problems.setdefault(n, f"There is no {about} {pk} in this project.")
    if problems:
        first = min(problems)
        raise InvalidInput(
            f"{len(problems)} of {len(rows)} signals do not fit: row {first}: {problems[first]}",
            code="invalid_signals",
            hint="Nothing was stored. Mend these rows and send all again.",
            details=[{"where": str(n), "message": text} for n, text in sorted(problems.items())],
        )


def _known(rows: object, pks: Sequence[int | None]) -> set[int]:
    asked = {pk for pk in pks if pk is not None}
    if not asked:
        return set()
    return set(rows.filter(pk__in=asked).values_list("pk", flat=True))  # type: ignore[attr-defined]


def _store(name: str, version: str, about: str, rows: Sequence[NewSignal]) -> None:
    Signal.objects.bulk_create(
        [
            Signal(
                item_id=row.item,
                completion_id=row.completion,
                name=name,
                version=version,
                value=row.value,
                vector=None if row.vector is None else list(row.vector),
            )
            for row in rows
        ],
        update_conflicts=True,
        update_fields=["value", "vector"],
        unique_fields=[about, "name", "version"],
    )
