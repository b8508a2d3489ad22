"""The people of a project as its owner sees them: how much they did, and how they stand on gold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from feedback.errors import NotFound
from feedback.models import (
    Annotator,
    AnnotatorGroup,
    Assignment,
    AssignmentState,
    Project,
    Source,
    Submission,
)
from feedback.quality.gold import Standing, standing


@dataclass(frozen=True, slots=True)
class Person:
    """An annotator with counts: items answered, items held, and answers to gold since the last pause."""

    annotator: Annotator
    answered: int
    held: int
    standing: Standing

    @property
    def warned(self) -> bool:
        """Whether the test on gold has begun to doubt, and has not paused."""
        return self.annotator.paused_at is None and self.standing.verdict == "warned"


def people_of(project: Project) -> QuerySet[Annotator]:
    """The project's human annotators with their groups."""
    rows = Annotator.objects.filter(project=project, source=Source.HUMAN)
    return rows.select_related("user", "project").prefetch_related("groups")


def persons(annotators: Iterable[Annotator]) -> list[Person]:
    """The annotators with their counts, in the order given; three queries for all of them."""
    rows = list(annotators)
    leases = Assignment.objects.filter(annotator__in=rows)
    answered = _count(leases.filter(state=AssignmentState.SUBMITTED))
    held = _count(leases.filter(state=AssignmentState.OPEN))
    gold = _gold(rows)
    return [
        Person(a, answered.get(a.pk, 0), held.get(a.pk, 0), standing(*gold.get(a.pk, (0, 0))))
        for a in rows
    ]


def get_annotator(project: Project, pk: int) -> Annotator:
    """One of the project's annotators. Raises NotFound `unknown_annotator`."""
    found = Annotator.objects.select_related("user", "project").filter(project=project, pk=pk)
    annotator = found.first()
    if annotator is None:
        raise NotFound("There is no such annotator in this project.", code="unknown_annotator")
    return annotator


def get_group(project: Project, pk: int) -> AnnotatorGroup:
    """One of the project's groups. Raises NotFound `unknown_group`."""
    group = AnnotatorGroup.objects.filter(project=project, pk=pk).first()
    if group is None:
        raise NotFound("There is no such group in this project.", code="unknown_group")
    return group


def _count(leases: QuerySet[Assignment]) -> dict[int, int]:
    return dict(leases.values_list("annotator").annotate(n=Count("pk")).order_by())


def _gold(annotators: list[Annotator]) -> dict[int, tuple[int, int]]:
    rows = Submission.objects.filter(annotator__in=annotators, gold_right__isnull=False)
    since = Q(annotator__excused_before=None) | Q(created__gt=F("annotator__excused_before"))
    counts = rows.filter(since).values_list("annotator").order_by()
    found = counts.annotate(
        right=Count("pk", filter=Q(gold_right=True)), wrong=Count("pk", filter=Q(gold_right=False))
    )
    return {pk: (right, wrong) for pk, right, wrong in found}
