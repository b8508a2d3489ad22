"""Jobs: all of them in one list, and each with its progress, charts, result and log while it runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HTMX_STOP_POLLING, HttpResponseClientRefresh

from feedback.errors import Conflict
from feedback.permissions import Ability, abilities
from feedback.views.requests import MemberRequest, page_of
from training import selectors, services
from training.models import Job, JobState
from training.operations import OPERATIONS
from training.views.charts import charts_of
from training.views.outcomes import outcome_of
from training.views.requests import nudge_for


@login_required
@require_safe
def jobs(request: MemberRequest) -> HttpResponse:
    """Jobs of all projects that the user may see, by state; the rows renew while something runs."""
    state = request.GET.get("state", "")
    rows = selectors.jobs_of(request.user)
    if state in JobState.values:
        rows = rows.filter(state=state)
    page = page_of(request, rows)
    context = {
        "page": page,
        "states": JobState.choices,
        "state": state,
        "rows": [_row(request, job) for job in page.rows],
        "live": any(not job.is_over for job in page.rows),
        "address": request.get_full_path(),
    }
    name = "training/jobs/_rows.html" if request.htmx else "training/jobs/list.html"
    return render(request, name, context)


@login_required
@require_safe
def job(request: MemberRequest, pk: int) -> HttpResponse:
    """One job."""
    return render(request, "training/jobs/detail.html", _context(request, pk))


@login_required
@require_safe
def job_live(request: MemberRequest, pk: int) -> HttpResponse:
    """The part of a job's page that changes while it runs."""
    return render(request, "training/jobs/_live.html", _context(request, pk))


@login_required
@require_POST
def job_cancel(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask for the job's end; the part of the page that shows it comes back."""
    found = selectors.get_job(request.user, pk, Ability.TRAIN)
    try:
        services.cancel_job(found)
    except Conflict as error:
        if not request.htmx:
            raise
        return _changed(request, found, error)
    return _changed(request, found) if request.htmx else redirect("job", found.pk)


@login_required
@require_POST
def job_resume(request: MemberRequest, pk: int) -> HttpResponse:
    """Queue a failed or cancelled job again. Raises Conflict."""
    found = selectors.get_job(request.user, pk, Ability.TRAIN)
    services.resume_job(found)
    nudge_for(found)
    # The whole page anew: what had stopped renewing itself starts again.
    return HttpResponseClientRefresh() if request.htmx else redirect("job", found.pk)


@login_required
@require_safe
def job_log(request: MemberRequest, pk: int) -> HttpResponseBase:
    """The whole log as plain text; for htmx its end, which renews until the job is over."""
    found = selectors.get_job(request.user, pk, Ability.VIEW)
    if request.htmx:
        status = HTMX_STOP_POLLING if found.is_over else 200
        context = {"log": selectors.job_log(found)}
        return render(request, "training/jobs/_log.html", context, status=status)
    log = selectors.open_job_log(found)
    if log is None:
        return HttpResponse("", content_type="text/plain; charset=utf-8")
    return FileResponse(log, content_type="text/plain; charset=utf-8")


def _changed(request: MemberRequest, job: Job, error: Conflict | None = None) -> HttpResponse:
    """The part of the page that asked: a row of the list, or the live part of the job's page."""
    status = 409 if error else 200
    if request.htmx.target == f"job-row-{job.pk}":
        context = {"row": _row(request, job), "error": error}
        return render(request, "training/jobs/_row.html", context, status=status)
    context = {**_context(request, job.pk), "error": error}
    return render(request, "training/jobs/_live.html", context, status=status)


def _context(request: MemberRequest, pk: int) -> dict[str, Any]:
    found = selectors.get_job(request.user, pk, Ability.VIEW)
    return {
        **_row(request, found),
        "project": found.project,
        "charts": charts_of(selectors.metric_series(found)),
        "outcome": outcome_of(found),
    }


def _row(request: MemberRequest, job: Job) -> dict[str, Any]:
    """What lists and pages show of a job."""
    operation = OPERATIONS.get(job.operation)
    return {
        "job": job,
        "kind": operation.label if operation else job.operation,
        "recipe": job.params.get("recipe", ""),
        "elapsed": elapsed_now(job),
        "may_change": _may_change(request, job),
        "cancelling": job.cancel_requested_at is not None and not job.is_over,
        "may_resume": job.state in (JobState.FAILED, JobState.CANCELLED),
    }


def _may_change(request: MemberRequest, job: Job) -> bool:
    if request.user.is_staff:
        return True
    return job.project is not None and Ability.TRAIN in abilities(request.user, job.project)


def elapsed_now(job: Job) -> str:
    """How long the job has run until now or until its end."""
    return elapsed(job, timezone.now())


def elapsed(job: Job, now: datetime) -> str:
    """How long the job has run, from its first start; empty before."""
    if job.started_at is None:
        return ""
    return duration((job.finished_at or now) - job.started_at)


def duration(length: timedelta) -> str:
    """For example `8 s`, `3 min 20 s`, `2 h 05 min`."""
    seconds = max(0, int(length.total_seconds()))
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"
