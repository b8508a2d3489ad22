"""Items: what is asked in a project, and what was answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from feedback import services
from feedback.errors import InvalidInput
from feedback.forms import ItemFilter, kind_labels
from feedback.models import AnnotatorGroup, Example, Item, Judgment, Project
from feedback.permissions import Ability, abilities
from feedback.selectors import (
    asked_kinds,
    describe_judgment,
    get_project,
    item_detail,
    names_shown,
    with_answers,
)
from feedback.selectors.annotators import people_of
from feedback.selectors.decisions import decisions_on
from feedback.selectors.gold import expected_answers
from feedback.views.requests import MemberRequest, page_of

MOST_PEOPLE = 500  # offered in a list; anybody else is named over REST


@login_required
@require_safe
def items(request: MemberRequest, slug: str) -> HttpResponse:
    """The items, newest first."""
    project = get_project(request.user, slug, Ability.VIEW)
    form = ItemFilter(request.GET)
    page = page_of(request, _filtered(project, form))
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        "project": project,
        "form": form,
        "page": page,
        "rows": [{"item": item, "asks": kind_labels(item.kinds)} for item in page.rows],
        "query": query.urlencode(),
        "filtered": any(form.cleaned_data.values()) if form.is_valid() else False,
    }
    return render(request, "feedback/items.html", context)


@login_required
@require_safe
def item(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """One item: its prompt, its completions, and every judgment."""
    project = get_project(request.user, slug, Ability.VIEW)
    found = item_detail(project, pk)
    hidden = not names_shown(found, request.user)
    context: dict[str, Any] = {
        "project": project,
        "item": found,
        "asks": kind_labels(found.kinds),
        "names_hidden": hidden,
        "judgments": [] if hidden else found.judgments.all(),
        "decisions": [] if hidden else decisions_on(found),
        "example": Example.objects.filter(item=found).first(),
        "may_manage": Ability.MANAGE in abilities(request.user, project),
    }
    if context["may_manage"]:
        context["owner"] = _for_owner(found, context["judgments"])
    return render(request, "feedback/item.html", context)


@login_required
@require_POST
def example(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Show the item beside the guidelines with the posted note, or (`remove`) no longer."""
    project = get_project(request.user, slug, Ability.MANAGE)
    found = item_detail(project, pk)
    if "remove" in request.POST:
        services.remove_example(found)
        messages.success(request, "The item is no example any more.")
        return redirect("item", slug, pk)
    try:
        services.save_example(found, request.POST.get("note", ""))
    except InvalidInput as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Annotators see the item beside the guidelines.")
    return redirect("item", slug, pk)


def _for_owner(found: Item, judgments: Iterable[Judgment]) -> dict[str, Any]:
    """What the forms of an item's owner offer. Answers that may not be seen yet are not offered."""
    given: dict[int, list[str]] = {}
    for judgment in judgments:
        said = f"{judgment.annotator}: {describe_judgment(judgment)}"
        given.setdefault(judgment.submission_id, []).append(said)
    return {
        "gold": expected_answers(found),
        "gold_kinds": [a.kind for a in asked_kinds(found) if not a.kind.keeps_sessions(a.settings)],
        "submissions": [(pk, "; ".join(texts)) for pk, texts in given.items()],
        "groups": AnnotatorGroup.objects.filter(project=found.project_id),
        "people": people_of(found.project).exclude(user=None)[:MOST_PEOPLE],
    }


def _filtered(project: Project, form: ItemFilter) -> QuerySet[Item]:
    rows = Item.objects.filter(project=project, withdrawn_at=None).select_related("prompt")
    rows = with_answers(rows)
    if not form.is_valid():
        return rows
    wanted = form.cleaned_data
    if wanted["q"]:
        rows = rows.filter(prompt__project=project, prompt__messages__icontains=wanted["q"])
    if wanted["kind"]:
        rows = rows.filter(kinds__contains=[{"kind": wanted["kind"]}])
    if wanted["state"] == "open":
        rows = rows.filter(places__gt=0)
    elif wanted["state"] == "complete":
        rows = rows.filter(places=0).filter(~Q(assignments__state="open"))
    return rows
