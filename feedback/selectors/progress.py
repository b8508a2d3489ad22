"""How far a project and an annotator are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Sum

from feedback.models import Annotator, Assignment, AssignmentState, Item, Project, Prompt, Report
from feedback.selectors.judgments import counted_judgments

FRESH_SECONDS = 30
MANY = 20_000  # items that take a few hundredths of a second to count
PROGRESS = "progress"  # the name of the report that holds the counts of a large project


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a project is. An amended answer counts once, one that was taken back not at all.

    `counted` says when that was, where it was not just now.
    """

    prompts: int
    items: int
    places: int
    submissions: int
    judgments: Mapping[str, int]
    people: Mapping[str, int]  # a JudgingProgress by its fields
    counted: datetime | None = None

    def as_report(self) -> dict[str, Any]:
        """As a report keeps it."""
        return {name: value for name, value in asdict(self).items() if name != "counted"}


@dataclass(frozen=True, slots=True)
class JudgingProgress:
    """How far a project's people are: the answers that are wanted, and those that were given."""

    items: int
    wanted: int
    given: int

    @property
    def percent(self) -> int:
        """What was given of what is wanted, whole percents downwards."""
        return 100 * self.given // self.wanted if self.wanted else 0


def project_progress(project: Project) -> Progress:
    """Counts of a project's content and judgments by kind: those last stored of a large project, else as it is now."""
    stored = Report.objects.filter(project=project, name=PROGRESS).order_by("-pk").first()
    return count_progress(project) if stored is None else _reported(stored)


def _reported(report: Report) -> Progress:
    return Progress(**report.data, counted=report.created)


def count_progress(project: Project) -> Progress:
    """The counts as they are now: it reads every item and judgment of the project."""
    items = Item.objects.filter(project=project, withdrawn_at=None)
    judgments = counted_judgments().filter(project=project)
    by_kind = judgments.values_list("kind").annotate(n=Count("pk")).order_by("kind")
    return Progress(
        prompts=Prompt.objects.filter(project=project, withdrawn_at=None).count(),
        items=items.count(),
        places=items.aggregate(n=Sum("places"))["n"] or 0,
        submissions=judgments.aggregate(n=Count("submission", distinct=True))["n"],
        judgments=dict(by_kind),
        people=asdict(_counted(project)),
    )


def judging_progress(project: Project) -> JudgingProgress:
    """Of a large project as last stored; else as it is now, so that every process tells the same.

    A project that is large before its counts were ever stored is counted at most every 30 seconds in each process.
    """
    stored = Report.objects.filter(project=project, name=PROGRESS).order_by("-pk").first()
    if stored is not None:
        return JudgingProgress(**_reported(stored).people)
    key = f"judging-progress-{project.pk}"
    found: JudgingProgress | None = cache.get(key)
    if found is None:
        found = _counted(project)
        if found.items >= MANY:
            cache.set(key, found, FRESH_SECONDS)
    return found


def annotator_submissions(annotator: Annotator) -> int:
    """How many items a person has judged: a changed answer counts once, one taken back not."""
    return Assignment.objects.filter(annotator=annotator, state=AssignmentState.SUBMITTED).count()


def _counted(project: Project) -> JudgingProgress:
    rows = Item.objects.filter(project=project, withdrawn_at=None, gold__isnull=True)
    sums = rows.aggregate(items=Count("pk"), wanted=Sum("overlap"), open=Sum("places"))
    leased = Assignment.objects.filter(
        item__project=project, state=AssignmentState.OPEN, takes_place=True
    ).count()
    wanted, free = sums["wanted"] or 0, sums["open"] or 0
    return JudgingProgress(sums["items"], wanted, max(0, wanted - free - leased))
