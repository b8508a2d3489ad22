"""The newest report on a project's quality, and the weights that it gives annotators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feedback.errors import Conflict
from feedback.models import Project, Report

QUALITY = "quality"
METHODS = ("dawid_skene", "crowd_bt")


def newest_report(project: Project, name: str = QUALITY) -> Report | None:
    """The report that is shown; None when none was made yet."""
    return Report.objects.filter(project=project, name=name).order_by("-pk").first()


def report_weights(project: Project, method: str) -> tuple[Report, Mapping[str, float]]:
    """The newest report and its weight for each annotator, by id as text.

    Raises Conflict `no_quality_report` when there is none, or none that could weigh anybody by this method.
    """
    report = newest_report(project)
    weights: Mapping[str, Any] = report.data["weights"].get(method, {}) if report else {}
    if report is None or not weights:
        raise Conflict(
            "There is no quality report that weighs annotators by this method.",
            code="no_quality_report",
            hint="Compute the report on the project's quality page; it needs choices between completions.",
        )
    return report, {name: float(weight) for name, weight in weights.items()}
