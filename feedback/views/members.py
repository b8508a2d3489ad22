"""Members of a project: who they are, and their roles."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from feedback import services
from feedback.errors import InvalidInput, TouchstoneError
from feedback.forms import MemberForm, show_error
from feedback.models import Membership, Project, Role, User
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.views.requests import MemberRequest


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: MemberRequest, slug: str) -> HttpResponse:
    """The members, with a form that adds one or changes a role."""
    project = get_project(request.user, slug, Ability.MANAGE)
    form = MemberForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            member = _user(form.cleaned_data["username"])
            services.add_member(project, member, form.cleaned_data["role"])
        except TouchstoneError as error:
            show_error(form, error)
        else:
            label = Role(form.cleaned_data["role"]).label.lower()
            messages.success(request, f"{member} is {label} now.")
            return redirect("project_members", project.slug)
    return _page(request, project, form)


@login_required
@require_POST
def member_remove(request: MemberRequest, slug: str) -> HttpResponse:
    """Take somebody's role away; what they judged stays."""
    project = get_project(request.user, slug, Ability.MANAGE)
    try:
        member = _user(request.POST.get("username", ""))
        services.remove_member(project, member)
    except TouchstoneError as error:
        messages.error(request, f"{error.message} {error.hint} ({error.code})")
    else:
        messages.success(request, f"{member} is no member any more.")
    return redirect("project_members", project.slug)


def _page(request: MemberRequest, project: Project, form: MemberForm) -> HttpResponse:
    rows = Membership.objects.filter(project=project).select_related("user")
    context = {
        "project": project,
        "form": form,
        "members": rows.order_by("user__username"),
        "roles": Role.choices,
    }
    status = 400 if form.is_bound else 200
    return render(request, "feedback/members.html", context, status=status)


def _user(username: str) -> User:
    name = username.replace("\x00", "").strip()
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        message = f"There is no user '{name}'."
        raise InvalidInput(
            message,
            code="unknown_user",
            hint="Staff make accounts on the admin site.",
            details=[{"where": "username", "message": f"{message} Staff make accounts."}],
        )
    return user
