"""The newest report on a project's quality, and the weights that it gives annotators."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count, Q

from feedback.errors import Conflict
from feedback.models import Project, Report, Submission
from feedback.quality.gold import standing

QUALITY = "quality"


def newest_report(project: Project, name: str = QUALITY) -> Report | None:
    """The report that is shown; None when none was made yet."""
    return Report.objects.filter(project=project, name=name).order_by("-pk").first()


def annotator_weights(project: Project, method: str) -> Mapping[str, float]:
    """How much each annotator's judgments count, by pseudonym: by answers to gold, or by the newest report.

    Raises Conflict `no_quality_report` where there is none, or none that could weigh anybody by this method.
    """
    found = gold_weights(project) if method == "gold" else _report_weights(project, method)
    annotators = project.annotators.filter(pk__in=found).select_related("user")
    return {one.pseudonym: found[one.pk] for one in annotators}


def gold_weights(project: Project) -> Mapping[int, float]:
    """Of everybody who answered gold: the log odds of the posterior, and 0 at the least."""
    answered = Submission.objects.filter(annotator__project=project, gold_right__isnull=False)
    counted = answered.values_list("annotator").annotate(
        n=Count("pk"), right=Count("pk", filter=Q(gold_right=True))
    )
    rows = counted.order_by("annotator")
    return {pk: round(standing(right, n - right).weight, 4) for pk, n, right in rows}


def _report_weights(project: Project, method: str) -> Mapping[int, float]:
    report = newest_report(project)
    weights: Mapping[str, float] = report.data["weights"].get(method, {}) if report else {}
    if not weights:
        raise Conflict(
            "There is no quality report that weighs annotators by this method.",
            code="no_quality_report",
            hint="Compute the report on the quality page; it needs choices between completions.",
        )
    return {int(pk): float(weight) for pk, weight in weights.items()}
