"""Report: agreement, reliability, habits and consensus of a project, worked out in the background."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDate

from feedback.kinds import get_kind
from feedback.models import Project
from feedback.quality.figures import figures_of
from feedback.quality.people import habits_of, reliabilities, weights_of
from feedback.quality.votes import Answered
from feedback.selectors.quality import QUALITY
from feedback.selectors.votes import asked_judgments, votes
from feedback.services.reports import save_report
from training.jobs.context import JobContext
from training.operations.base import Operation, Outcome, Params

MOST_ANSWERS = 200_000  # of a kind; beyond, a share of the items is read, each with all its answers
MOST_ANNOTATORS = 1000
MOST_DAYS = 90
STEP = 2000


class ReportParams(Params):
    """Nothing is asked: the report is about everything."""


class ReportQuality(Operation[ReportParams]):
    """Counts are exact; figures come from at most 200,000 answers of each kind."""

    name = "report_quality"
    label = "Quality report"
    params_model = ReportParams

    def run(self, context: JobContext, params: ReportParams) -> Outcome:
        """Read each kind's answers, work out the figures, store the report."""
        project = context.job.project
        assert project is not None  # noqa: S101 reports always have a project
        counts = _counts(project)
        total = sum(min(n, MOST_ANSWERS) for n in counts.values())
        kinds: list[dict[str, Any]] = []
        choices: list[Answered] = []
        for name, number in counts.items():
            done = sum(one["read"] for one in kinds)
            answers = _read(project, name, number, context, (done, total))
            kinds.append(_of_kind(name, number, answers))
            choices += answers if get_kind(name).chooses else []
            context.check()
        context.progress(total, total + 1, "Annotators")
        report = save_report(project, QUALITY, _whole(project, kinds, choices), context.job.pk)
        return Outcome(result={"report": report.pk, "judgments": sum(counts.values())})


def _counts(project: Project) -> Mapping[str, int]:
    rows = asked_judgments(project).values_list("kind").annotate(n=Count("pk")).order_by("kind")
    return dict(rows)


def _read(
    project: Project, kind: str, number: int, context: JobContext, progress: tuple[int, int]
) -> list[Answered]:
    answers: list[Answered] = []
    done, total = progress
    for one in votes(project, kind, min(1.0, MOST_ANSWERS / max(1, number))):
        answers.append(one)
        if len(answers) % STEP == 0:
            context.check()
            context.progress(done + len(answers), total + 1, get_kind(kind).label)
    return answers


def _of_kind(name: str, number: int, answers: list[Answered]) -> dict[str, Any]:
    kind = get_kind(name)
    return {
        "kind": name,
        "level": kind.agreement_level,
        "judgments": number,
        "read": len(answers),
        **figures_of(answers, kind.agreement_level),
    }


def _whole(
    project: Project, kinds: list[dict[str, Any]], choices: list[Answered]
) -> dict[str, Any]:
    found = reliabilities(choices)
    return {
        "kinds": kinds,
        "annotators": list(_annotators(project)),
        "habits": habits_of(choices),
        "reliability": found,
        "weights": weights_of(found),
        "days": list(_days(project)),
    }


def _annotators(project: Project) -> list[dict[str, Any]]:
    """Exact counts of the most active annotators, by id: names are looked up when they are shown."""
    rows = asked_judgments(project).values("annotator", "annotator__source")
    counted = rows.annotate(n=Count("pk")).order_by("-n", "annotator")[:MOST_ANNOTATORS]
    return [
        {"annotator": row["annotator"], "source": row["annotator__source"], "judgments": row["n"]}
        for row in counted
    ]


def _days(project: Project) -> list[dict[str, Any]]:
    """Judgments of each day (UTC) by people and by others, the newest ninety days that have some."""
    rows = asked_judgments(project).annotate(day=TruncDate("created"))
    found: dict[str, dict[str, Any]] = {}
    counted = rows.values_list("day", "annotator__source").annotate(n=Count("pk")).order_by("day")
    for day, source, number in counted:
        row = found.setdefault(day.isoformat(), {"day": day.isoformat(), "people": 0, "others": 0})
        row["people" if source == "human" else "others"] += number
    return list(found.values())[-MOST_DAYS:]
