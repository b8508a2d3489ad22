"""The annotators' page: how people stand, pauses, what they hold, and groups of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from feedback import services
from feedback.assignment import release_all
from feedback.errors import TouchstoneError
from feedback.models import Annotator, AnnotatorGroup
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.selectors.annotators import get_annotator, get_group, people_of, persons
from feedback.views.requests import MemberRequest, page_of, parse_id


@login_required
@require_safe
def annotators(request: MemberRequest, slug: str) -> HttpResponse:
    """Everybody who judges, with counts and the standing on gold; and the groups."""
    project = get_project(request.user, slug, Ability.MANAGE)
    page = page_of(request, people_of(project))
    groups = AnnotatorGroup.objects.filter(project=project).prefetch_related("annotators__user")
    context = {
        "project": project,
        "page": page,
        "people": persons(page.rows),
        "groups": [(group, *_choices(page.rows, group.annotators.all())) for group in groups],
        "choices": _choices(page.rows, ())[1],
        "exam": services.queue_settings(project).exam,
    }
    return render(request, "feedback/annotators.html", context)


@login_required
@require_POST
def annotator_change(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Pause, resume, let pass the exam, or give back what is held: `action` says which."""
    project = get_project(request.user, slug, Ability.MANAGE)
    annotator = get_annotator(project, pk)
    reason = request.POST.get("reason", "").strip()
    act = _ACTIONS.get(request.POST.get("action", ""))
    try:
        told = act(annotator, reason) if act else ""
    except TouchstoneError as error:
        messages.error(request, error.message)
    else:
        if told:
            messages.success(request, told)
    return redirect("annotators", slug)


@login_required
@require_POST
def group_save(request: MemberRequest, slug: str) -> HttpResponse:
    """A new group, or (with `group`) another name and other members, or `delete`."""
    project = get_project(request.user, slug, Ability.MANAGE)
    named = request.POST.get("group")
    group = get_group(project, parse_id(named) or 0) if named else None
    chosen = [parse_id(text) or 0 for text in request.POST.getlist("annotators")]
    members = list(people_of(project).filter(pk__in=chosen))
    try:
        if group is not None and "delete" in request.POST:
            services.delete_group(group)
            messages.success(request, f"The group {group.name} is gone.")
        else:
            saved = services.save_group(project, request.POST.get("name", ""), members, group)
            messages.success(request, f"The group {saved.name} is saved.")
    except TouchstoneError as error:
        messages.error(request, f"{error.message} {error.hint}".strip())
    return redirect("annotators", slug)


def _choices(
    shown: Iterable[Annotator], members: Iterable[Annotator]
) -> tuple[set[int], list[Annotator]]:
    """The ids of a group's members, and whom its form offers.

    All members, on whatever page of people they are, as who is not ticked when it is saved is not in the group.
    """
    inside = {annotator.pk: annotator for annotator in members}
    others = [one for one in shown if one.user_id is not None and one.pk not in inside]
    return set(inside), [*inside.values(), *others]


def _pause(annotator: Annotator, reason: str) -> str:
    services.pause_annotator(annotator, reason)
    return f"{annotator} is paused and told why. What they held went back to the pool."


def _resume(annotator: Annotator, _: str) -> str:
    services.resume_annotator(annotator)
    return f"{annotator} gets items again."


def _pass(annotator: Annotator, _: str) -> str:
    services.pass_exam(annotator)
    return f"{annotator} may work without the exam."


def _return(annotator: Annotator, _: str) -> str:
    n = release_all(annotator)
    return f"{n} item{'' if n == 1 else 's'} of {annotator} went back to the pool."


_ACTIONS: dict[str, Callable[[Annotator, str], str]] = {
    "pause": _pause,
    "resume": _resume,
    "pass": _pass,
    "return": _return,
}
