"""Counts of large projects are stored, and made anew in the background; pages show them with their age."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from feedback.models import Assignment, Item, Judgment, Project, Prompt, Report
from feedback.selectors.progress import PROGRESS, Progress, count_progress, project_progress
from feedback.services.reports import save_report

LARGE = 20_000  # items and judgments from which counting takes longer than a page may
OFTEN = timedelta(minutes=2)
SELDOM = timedelta(
    hours=1
)  # what leaves no new row, such as a withdrawal, shows after this at the latest


def known_progress(project: Project) -> Progress:
    """How far the project is; the first time that a large one is asked about, it is counted and kept."""
    found = project_progress(project)
    if found.counted is None and _size(found) >= LARGE:
        keep_progress(project, found)
    return found


def keep_progress(project: Project, counted: Progress | None = None) -> None:
    """Store the counts of a project, if it is large: pages show what is stored."""
    counted = counted or count_progress(project)
    if _size(counted) >= LARGE:
        save_report(project, PROGRESS, counted.as_report(), job=None)
    else:
        Report.objects.filter(project=project, name=PROGRESS).delete()


def refresh_progress() -> int:
    """Count those large projects again whose counts are old; returns how many."""
    stored = Report.objects.filter(name=PROGRESS, project__archived_at=None)
    newest = stored.order_by().values("project").annotate(last=Max("pk")).values("last")
    due = [r for r in stored.filter(pk__in=newest).select_related("project") if _is_due(r)]
    for report in due:
        keep_progress(report.project)
    return len(due)


def _size(progress: Progress) -> int:
    return progress.items + sum(progress.judgments.values())


def _is_due(report: Report) -> bool:
    age = timezone.now() - report.created
    return age > SELDOM or (age > OFTEN and _stored_since(report))


def _stored_since(report: Report) -> bool:
    """Whether anything was stored, in whatever project: the newest rows tell that at once."""
    for model in (Judgment, Assignment, Item, Prompt):
        newest = model._default_manager.order_by("-pk").values_list("created", flat=True).first()
        if newest is not None and newest > report.created:
            return True
    return False
