"""Quality: the newest report on a project's judgments, its renewal, and each annotator's own figures."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from feedback.kinds import KINDS
from feedback.models import Annotator, Project
from feedback.permissions import Ability, abilities
from feedback.selectors import get_project
from feedback.selectors.personal import MEDIA_TYPE, annotator_for_export, personal_file
from feedback.selectors.quality import annotator_for_reader, newest_report
from feedback.selectors.votes import asked_judgments
from feedback.services.gold import evidence_sentence, warning_for
from feedback.views.requests import MemberRequest
from training import services
from training.models import Job
from training.selectors import newest_quality_job
from training.views.quality_rows import (
    bars,
    kinds_of,
    names_in,
    people_of,
    person_of,
    with_gold,
)
from training.views.requests import nudge_for

FEWEST_BARS = 14  # so that the first days are no wider than a bar


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def quality(request: MemberRequest, slug: str) -> HttpResponse:
    """The newest report with its age; a post has it worked out anew."""
    posted = request.method == "POST"
    project = get_project(request.user, slug, Ability.TRAIN if posted else Ability.VIEW)
    if posted:
        nudge_for(services.start_quality_report(project, request.user))
        return redirect("quality", slug)
    context = {
        "project": project,
        "may": abilities(request.user, project),
        **_report(project),
        **_job(newest_quality_job(project)),
    }
    return render(request, "training/quality/page.html", context)


@login_required
@require_safe
def annotator(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """One annotator's figures, for themselves and for those who may see judgments."""
    project = get_project(request.user, slug, Ability.JUDGE)
    found = annotator_for_reader(request.user, project, pk)
    report = newest_report(project)
    standing = warning_for(found) if found.user_id else None
    context = {
        "project": project,
        "may": abilities(request.user, project),
        "report": report,
        "warning": evidence_sentence(standing) if standing else "",
        "annotator": found,
        "own": found.user_id == request.user.pk,
        "person": with_gold(person_of(found, report)),
        "counts": _counts(project, found),
    }
    return render(request, "training/quality/annotator.html", context)


@login_required
@require_safe
def annotator_data(request: MemberRequest, slug: str, pk: int) -> StreamingHttpResponse:
    """Everything stored of an annotator as JSON lines, for themselves and for owners."""
    project = get_project(request.user, slug, Ability.JUDGE)
    found = annotator_for_export(request.user, project, pk)
    response = StreamingHttpResponse(personal_file(found), content_type=MEDIA_TYPE)
    name = f"{project.slug}-annotator-{found.pk}.jsonl"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@login_required
@require_POST
def annotator_erase(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Queue the erasing of an annotator, where the box beside the button is ticked."""
    project = get_project(request.user, slug, Ability.MANAGE)
    found = annotator_for_reader(request.user, project, pk)
    if "sure" not in request.POST:
        messages.error(request, "Nothing was erased: tick the box to say that you are sure.")
        return redirect("annotator", slug, pk)
    job = services.start_erasure(found, request.user)
    nudge_for(job)
    return redirect("job", job.pk)


def _report(project: Project) -> dict[str, Any]:
    report = newest_report(project)
    if report is None:
        return {"report": None}
    days = report.data["days"]
    heights = bars([day["people"] + day["others"] for day in days])
    names = names_in(project, report)
    return {
        "report": report,
        "kinds": kinds_of(report, names),
        "people": people_of(project, report),
        "days": [day | bar for day, bar in zip(days, heights, strict=True)],
        "room": max(len(days), FEWEST_BARS),
    }


def _job(job: Job | None) -> dict[str, Any]:
    """The job that is under way, or the one that failed last."""
    if job is None:
        return {}
    return {"running": job if not job.is_over else None, "failed": job if job.error else None}


def _counts(project: Project, found: Annotator) -> list[tuple[str, int]]:
    rows = asked_judgments(project).filter(annotator=found).values_list("kind")
    return [(KINDS[kind].label, n) for kind, n in rows.annotate(n=Count("pk")).order_by("kind")]
