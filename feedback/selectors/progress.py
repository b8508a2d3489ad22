"""How far a project and an annotator are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, Sum

from feedback.models import Annotator, Assignment, AssignmentState, Item, Project, Prompt
from feedback.selectors.judgments import counted_judgments

FRESH_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a project is. An amended answer counts once, one that was taken back not at all."""

    prompts: int
    items: int
    places: int
    submissions: int
    judgments: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class JudgingProgress:
    """How far a project's people are: answers wanted, and those not yet given or being given."""

    items: int
    wanted: int
    open: int

    @property
    def taken(self) -> int:
        """Answers given, or being given."""
        return self.wanted - self.open

    @property
    def percent(self) -> int:
        """What is taken of what is wanted, whole percents downwards."""
        return 100 * self.taken // self.wanted if self.wanted else 0


def project_progress(project: Project) -> Progress:
    """Counts of a project's content and judgments by kind."""
    items = Item.objects.filter(project=project, withdrawn_at=None)
    judgments = counted_judgments().filter(item__project=project)
    by_kind = judgments.values_list("kind").annotate(n=Count("pk")).order_by("kind")
    return Progress(
        prompts=Prompt.objects.filter(project=project, withdrawn_at=None).count(),
        items=items.count(),
        places=items.aggregate(n=Sum("places"))["n"] or 0,
        submissions=judgments.aggregate(n=Count("submission", distinct=True))["n"],
        judgments=dict(by_kind),
    )


def judging_progress(project: Project) -> JudgingProgress:
    """Counted at most every 30 seconds in each process: it reads every item of the project."""
    key = f"judging-progress-{project.pk}"
    found: JudgingProgress | None = cache.get(key)
    if found is None:
        found = _counted(project)
        cache.set(key, found, FRESH_SECONDS)
    return found


def annotator_submissions(annotator: Annotator) -> int:
    """How many items a person has judged: a changed answer counts once, one taken back not."""
    return Assignment.objects.filter(annotator=annotator, state=AssignmentState.SUBMITTED).count()


def _counted(project: Project) -> JudgingProgress:
    rows = Item.objects.filter(project=project, withdrawn_at=None, gold__isnull=True)
    sums = rows.aggregate(items=Count("pk"), wanted=Sum("overlap"), open=Sum("places"))
    return JudgingProgress(sums["items"], sums["wanted"] or 0, sums["open"] or 0)
