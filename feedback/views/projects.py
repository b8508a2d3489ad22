"""Projects: the list, a new one, and the settings."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from feedback import services
from feedback.errors import TouchstoneError
from feedback.forms import ProjectForm, kind_labels, show_error
from feedback.models import Membership, Role
from feedback.permissions import Ability
from feedback.selectors import get_project, projects_of
from feedback.views.requests import MemberRequest


@login_required
@require_safe
def projects(request: MemberRequest) -> HttpResponse:
    """The projects that the user may see, with their role in each."""
    mine = Membership.objects.filter(user=request.user).values_list("project", "role")
    roles = {project: Role(role).label for project, role in mine}
    rows = [
        {
            "project": project,
            "role": roles.get(project.pk, "Staff"),
            "asks": kind_labels(project.kinds),
        }
        for project in projects_of(request.user)
    ]
    return render(request, "feedback/projects.html", {"rows": rows})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: MemberRequest) -> HttpResponse:
    """A new project, owned by whoever makes it."""
    form = ProjectForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            made = services.create_project(owner=request.user, **form.fields_said())
        except TouchstoneError as error:
            show_error(form, error)
        else:
            messages.success(request, "The project is there. Give it something to judge.")
            return redirect("import", made.slug)
    status = 400 if form.is_bound else 200
    return render(request, "feedback/project_new.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_settings(request: MemberRequest, slug: str) -> HttpResponse:
    """Change a project; items that exist keep what they ask."""
    project = get_project(request.user, slug, Ability.MANAGE)
    posted = request.POST if request.method == "POST" else None
    form = ProjectForm(posted, project=project)
    if form.is_bound and form.is_valid():
        try:
            services.update_project(project, **form.fields_said())
        except TouchstoneError as error:
            show_error(form, error)
        else:
            messages.success(request, "The settings are saved.")
            return redirect("project_settings", project.slug)
    context = {"project": project, "form": form}
    status = 400 if form.is_bound else 200
    return render(request, "feedback/project_settings.html", context, status=status)
