"""The queue's page: who is asked what, and when; another order is worked out by a job."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from feedback.errors import TouchstoneError
from feedback.forms.queue import QueueForm
from feedback.ordering import ORDERINGS
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.selectors.gold import gold_items
from feedback.services import queue_settings
from feedback.views.requests import MemberRequest
from training.forms.errors import show_error
from training.models import JobState
from training.services import save_queue, start_ordering
from training.views.requests import nudge_for


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def queue(request: MemberRequest, slug: str) -> HttpResponse:
    """Show the settings or store them; another order or ceiling, or the button for it, starts the job."""
    project = get_project(request.user, slug, Ability.MANAGE)
    before = queue_settings(project)
    form = QueueForm(request.POST if request.method == "POST" else None, settings=before)
    if form.is_bound and form.is_valid():
        try:
            _, job = save_queue(project, form.payload(), request.user)
        except TouchstoneError as error:
            show_error(form, error)
        else:
            if job is None and "reorder" in request.POST:
                job = start_ordering(project, request.user)
            if job is not None:
                nudge_for(job)
                messages.success(request, "The queue is saved, and a job puts the items in order.")
            else:
                messages.success(request, "The queue is saved.")
            return redirect("queue", project.slug)
    jobs = project.jobs.filter(operation="order_items")
    context = {
        "project": project,
        "form": form,
        "golds": gold_items(project.pk).count(),
        "order": ORDERINGS[before.order],
        "ordered": jobs.filter(state=JobState.DONE).first(),
        "ordering": jobs.exclude(state=JobState.DONE).first(),
    }
    status = 400 if form.is_bound else 200
    return render(request, "training/queue.html", context, status=status)
