"""The newest report on a project's quality: one annotator's figures in it, and everybody's weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q

from feedback.errors import Conflict, NotFound
from feedback.models import Annotator, Project, Report, Submission, User
from feedback.permissions import Ability, abilities
from feedback.quality.gold import standing

QUALITY = "quality"


def newest_report(project: Project, name: str = QUALITY) -> Report | None:
    """The report that is shown; None when none was made yet."""
    return Report.objects.filter(project=project, name=name).order_by("-pk").first()


def annotator_for_reader(user: User | AnonymousUser, project: Project, pk: int) -> Annotator:
    """An annotator whose figures the user may read: one's own, or with VIEW anybody's.

    Raises NotFound `unknown_annotator` else: without VIEW nobody learns who else there is.
    """
    found = project.annotators.select_related("user").filter(pk=pk).first()
    own = found is not None and found.user_id is not None and found.user_id == user.pk
    if found is None or not (own or Ability.VIEW in abilities(user, project)):
        raise NotFound("There is no such annotator here.", code="unknown_annotator")
    return found


def figures_of(report: Report, annotator: Annotator) -> dict[str, Any]:
    """What the report says of one annotator; a figure that there is too little for is None."""
    data, name = report.data, str(annotator.pk)
    counts = {row["annotator"]: row["judgments"] for row in data["annotators"]}
    return {
        "judgments": counts.get(annotator.pk, 0),
        "others": {kind["kind"]: kind["others"].get(name) for kind in data["kinds"]},
        "habits": data["habits"].get(name),
        "reliability": {method: found.get(name) for method, found in data["reliability"].items()},
    }


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
