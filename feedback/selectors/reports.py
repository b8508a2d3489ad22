"""What an owner reads about a kind: its figures over the newest answers, and its sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from feedback.errors import NotFound
from feedback.kinds import KINDS
from feedback.kinds.base import Kind
from feedback.models import Judgment, KindRecord, Project, RecordPurpose, Source
from feedback.selectors.judgments import given_judgments
from feedback.selectors.reactions import impressions_by_label
from feedback.selectors.rounds import rounds_of

MOST_ANSWERS = 20_000
MOST_SESSIONS = 100


@dataclass(frozen=True, slots=True)
class Report:
    """A kind's figures, from how many of the project's answers, and its newest sessions."""

    kind: Kind[Any, Any]
    figures: Mapping[str, Any]
    read: int
    answers: int
    sessions: list[KindRecord]
    all_sessions: int


def report_of(project: Project, name: str) -> Report:
    """The report of one kind, from the newest answers. Raises NotFound `no_report`."""
    kind = KINDS.get(name)
    if kind is None or not kind.reported:
        raise NotFound(f"There is no report about '{name}'.", code="no_report")
    answers = _answers(project, kind)
    number = answers.count()
    newest = answers.order_by("-pk").values_list("pk", flat=True)
    if number > MOST_ANSWERS:
        answers = answers.filter(pk__gte=newest[MOST_ANSWERS - 1])
    sessions = KindRecord.objects.filter(
        annotator__project=project, kind=kind.name, purpose=RecordPurpose.SESSION
    )
    return Report(
        kind=kind,
        figures=kind.report(rounds_of(answers), impressions_by_label(project)),
        read=min(number, MOST_ANSWERS),
        answers=number,
        sessions=list(sessions.select_related("annotator__user").order_by("-pk")[:MOST_SESSIONS]),
        all_sessions=sessions.count(),
    )


def _answers(project: Project, kind: Kind[Any, Any]) -> QuerySet[Judgment]:
    """Those of people and of imports; judges have no habits worth a report."""
    answers = given_judgments().filter(project=project, kind=kind.name)
    return answers.exclude(annotator__source=Source.JUDGE)
