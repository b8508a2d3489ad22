"""The next item for somebody new, for somebody in the middle, and for somebody who has had all, by size.

Run: .venv/bin/python -m benchmarks.queue [--items 10000 1000000]
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from benchmarks.place import installation, machine, percentile

if TYPE_CHECKING:
    from feedback.models import Annotator, Project

ASKED = 200
HAD_ALL = """
INSERT INTO feedback_assignment
    (item_id, annotator_id, "order", state, takes_place, skip_reason, expires_at, closed_at, created)
SELECT id, %s, '[0, 1]', 'submitted', true, '', now(), now(), now()
FROM feedback_item WHERE project_id = %s ORDER BY id LIMIT %s ON CONFLICT DO NOTHING
"""
TAKEN = """
UPDATE feedback_item SET places = 2, order_key = 1
WHERE id IN (SELECT id FROM feedback_item WHERE project_id = %s ORDER BY id LIMIT %s) AND places = 3
"""


def main() -> None:
    """One project of each size; a row for each annotator."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=[10_000, 1_000_000])
    asked = parser.parse_args()
    with installation():
        print(f"{machine()}\n")
        print(f"{'items':>9}  {'annotator':<24} {'first ms':>9} {'p50':>7} {'p95':>7}  found")
        for items in asked.items:
            _size(items)


def _size(items: int) -> None:
    from benchmarks.crowd import new_project
    from feedback.models import User

    owner = User.objects.create_user(f"owner-{items}")
    project = new_project(f"queue-{items}", owner, items, overlap=3)
    _row(items, "new", _person(project, "new"))
    half = _person(project, "half")
    _had(project, half, items // 2)
    _row(items, "has had half", half)
    everything = _person(project, "all")
    _had(project, everything, items)
    _row(items, "has had all", everything)
    _row(items, "has had all, a new one", _returned(project, everything, items))


def _person(project: Project, name: str) -> Annotator:
    from feedback.models import User
    from feedback.services import annotator_for_user

    return annotator_for_user(project, User.objects.create_user(f"{project.slug}-{name}"))


def _had(project: Project, annotator: Annotator, items: int) -> None:
    """The annotator has judged the first so many items, and each still waits for others."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(HAD_ALL, [annotator.pk, project.pk, items])
        cursor.execute(TAKEN, [project.pk, items])
        cursor.execute("VACUUM ANALYZE feedback_item")
        cursor.execute("VACUUM ANALYZE feedback_assignment")


def _returned(project: Project, annotator: Annotator, items: int) -> Annotator:
    """One item in the middle comes back to this annotator."""
    from django.db.models import F

    from feedback.models import Assignment, Item

    middle = Item.objects.filter(project=project).order_by("pk")[items // 2]
    Assignment.objects.filter(item=middle, annotator=annotator).update(state="expired")
    Item.objects.filter(pk=middle.pk).update(places=F("places") + 1, order_key=F("order_key") - 1)
    return annotator


def _row(items: int, name: str, annotator: Annotator) -> None:
    from feedback.assignment import next_assignment
    from feedback.models import Assignment

    times, found = [], 0
    for _ in range(ASKED):
        begun = time.perf_counter()
        lease = next_assignment(annotator)
        times.append((time.perf_counter() - begun) * 1000)
        if isinstance(lease, Assignment):
            found += 1
            Assignment.objects.filter(pk=lease.pk).update(state="submitted")
    later = times[1:]
    print(
        f"{items:>9}  {name:<24} {times[0]:>9.1f} {percentile(later, 0.5):>7.1f} "
        f"{percentile(later, 0.95):>7.1f}  {found}",
        flush=True,
    )


if __name__ == "__main__":
    main()
