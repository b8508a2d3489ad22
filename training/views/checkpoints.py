"""Checkpoints: what was trained, from what, on what, and how good it is."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from feedback.errors import NotFound, TouchstoneError
from feedback.models import Project
from feedback.permissions import Ability, abilities
from feedback.selectors import get_project
from feedback.views.requests import MemberRequest, page_of
from training import selectors, services
from training.models import Checkpoint
from training.recipes import RECIPES
from training.views.evaluations import Measured, evaluated, headline_of
from training.views.lineage import config_rows, model_rows
from training.views.requests import nudge_for


@login_required
@require_safe
def checkpoints(request: MemberRequest, slug: str) -> HttpResponse:
    """The project's checkpoints, newest first, each with its headline number."""
    project = get_project(request.user, slug, Ability.VIEW)
    page = page_of(request, selectors.checkpoints_of(project))
    context = {
        "project": project,
        "page": page,
        "rows": [(found, headline(found), duel_url(found)) for found in page.rows],
        "may": abilities(request.user, project),
    }
    return render(request, "training/checkpoints.html", context)


@login_required
@require_safe
def checkpoint(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """One checkpoint with its lineage."""
    project = get_project(request.user, slug, Ability.VIEW)
    found = _found(project, pk)
    recipe = RECIPES.get(found.recipe)
    context = {
        "project": project,
        "checkpoint": found,
        "recipe": recipe.label if recipe else found.recipe,
        "config": config_rows(found.job.result.get("config") or found.config),
        "models": model_rows(found.job),
        "warnings": found.job.result.get("warnings", ()),
        "evaluated": evaluated(found.evaluation) if found.evaluation else None,
        "duel": duel_url(found),
        "may": abilities(request.user, project),
    }
    return render(request, "training/checkpoint.html", context)


@login_required
@require_POST
def checkpoint_score(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Score what waits by this reward model, and show the job."""
    project = get_project(request.user, slug, Ability.TRAIN)
    found = _found(project, pk)
    try:
        job = services.start_scoring(found, request.user)
    except TouchstoneError as error:
        messages.error(request, error.message)
        return redirect("checkpoint", slug, pk)
    nudge_for(job)
    return redirect("job", job.pk)


def _found(project: Project, pk: int) -> Checkpoint:
    found = selectors.checkpoints_of(project).filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no checkpoint {pk} here.", code="unknown_checkpoint")
    return found


def duel_url(checkpoint: Checkpoint) -> str:
    """The sampling page with the checkpoint's policy and its parent chosen; empty without a policy."""
    if checkpoint.policy_id is None:
        return ""
    chosen = urlencode({"first": checkpoint.policy_id, "second": checkpoint.base_id, "blind": "on"})
    return f"{reverse('sampling', args=[checkpoint.project.slug])}?{chosen}"


def headline(checkpoint: Checkpoint) -> Measured | None:
    """The figure by which it is known."""
    return headline_of(checkpoint.evaluation)
