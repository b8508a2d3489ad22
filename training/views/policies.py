"""Policies: what the project can sample and train from; add one, or take one out of the lists."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from feedback.errors import NotFound, TouchstoneError
from feedback.permissions import Ability, abilities
from feedback.selectors import get_project
from feedback.views.requests import MemberRequest
from training import selectors, services
from training.forms import PolicyForm
from training.forms.errors import show_error
from training.models import Policy
from training.views.requests import nudge_for

FIELD_OF_CODE = {
    "base_model_not_found": "location",
    "hub_unreachable": "location",
    "invalid_policy": "location",
    "policy_key_missing": "api_key_env",
    "policy_name_taken": "name",
    "unknown_policy_kind": "kind",
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def policies(request: MemberRequest, slug: str) -> HttpResponse:
    """The list, with the form that adds one."""
    posted = request.method == "POST"
    project = get_project(request.user, slug, Ability.MANAGE if posted else Ability.VIEW)
    form = PolicyForm(request.POST if posted else None)
    if posted and form.is_valid():
        try:
            services.add_policy(project, **form.fields_for_service())
        except TouchstoneError as error:
            show_error(form, error, FIELD_OF_CODE)
        else:
            return redirect("policies", project.slug)
    context = {
        "project": project,
        "policies": selectors.policies_of(project),
        "form": form,
        "may": abilities(request.user, project),
    }
    return render(request, "training/policies.html", context, status=400 if posted else 200)


@login_required
@require_POST
def policy_archive(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Take a policy of the project out of the lists; everybody's policies stay."""
    project = get_project(request.user, slug, Ability.MANAGE)
    policy = Policy.objects.filter(project=project, pk=pk, archived_at=None).first()
    if policy is None:
        raise NotFound(f"This project has no policy {pk} of its own.", code="unknown_policy")
    services.archive_policy(policy)
    return redirect("policies", project.slug)


@login_required
@require_POST
def policy_revise(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Let the policy write revisions for critiques that have none; the job's page tells how it goes."""
    project = get_project(request.user, slug, Ability.TRAIN)
    (policy,) = selectors.get_policies(project, [pk])
    job = services.start_revisions(project, request.user, policy)
    nudge_for(job)
    return redirect("job", job.pk)
