"""What an owner decides on an item's page: its known answer, whom it is for, how soon it comes."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from feedback import services
from feedback.errors import InvalidInput, TouchstoneError
from feedback.models import Item
from feedback.permissions import Ability
from feedback.selectors import get_project, item_detail
from feedback.selectors.annotators import get_annotator, get_group
from feedback.services.gold import mark_gold_in
from feedback.views.alone import Page, paint_alone, posted_answer
from feedback.views.requests import MemberRequest, parse_id


@login_required
@require_POST
def item_gold(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Use a stored submission's answers as gold, change the explanation, or (`remove`) make it none."""
    found = item_detail(get_project(request.user, slug, Ability.MANAGE), pk)
    try:
        if "remove" in request.POST:
            services.unmark_gold(found)
            messages.success(request, "The item is an ordinary one again.")
        else:
            _mark(request, found)
            messages.success(request, "The item is gold: everybody is asked it once.")
    except TouchstoneError as error:
        messages.error(request, f"{error.message} {error.hint}".strip())
    return redirect("item", slug, pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def item_gold_anew(request: MemberRequest, slug: str, pk: int, kind: str) -> HttpResponse:
    """The kind's own form; a post makes its answer the known one, beside those to other kinds."""
    found = item_detail(get_project(request.user, slug, Ability.MANAGE), pk)
    known = found.gold or {"answers": {}, "explanation": ""}
    explanation = request.POST.get("explanation", known["explanation"]).replace("\x00", "")
    error: InvalidInput | None = None
    if request.method == "POST":
        try:
            mark_gold_in(found, kind, posted_answer(request, kind), explanation)
        except InvalidInput as refused:
            error = refused
        else:
            messages.success(request, "The item is gold: everybody is asked it once.")
            return redirect("item", slug, pk)
    page = Page(
        title=f"The right answer to item {pk}",
        lede="Gold tests people: it is asked of everybody once and never trains a model.",
        back=(reverse("item", args=[slug, pk]), f"Item {pk}"),
        submit="Save as gold",
    )
    answer = known["answers"].get(kind)
    return paint_alone(
        request, found, kind, page, answer=answer, error=error, explanation=explanation
    )


@login_required
@require_POST
def item_for(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Restrict the item to a group or a person, or not; and its priority."""
    project = get_project(request.user, slug, Ability.MANAGE)
    found = item_detail(project, pk)
    group, person = (request.POST.get(name) for name in ("group", "only_for"))
    try:
        changes = {
            "group": get_group(project, parse_id(group) or 0) if group else None,
            "only_for": get_annotator(project, parse_id(person) or 0) if person else None,
            "priority": _priority(request.POST.get("priority", "")),
        }
        services.change_item(found, changes)
    except TouchstoneError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Saved.")
    return redirect("item", slug, pk)


def _mark(request: MemberRequest, found: Item) -> None:
    explanation = request.POST.get("explanation", "").replace("\x00", "")
    submission = parse_id(request.POST.get("submission"))
    if submission is None and found.gold is not None:
        services.mark_gold(found, found.gold["answers"], explanation)
        return
    given = [j.pk for j in found.judgments.all() if j.submission_id == submission]
    services.mark_gold_as_judged(given, found, explanation)


def _priority(text: str) -> int:
    try:
        return int(text or "0")
    except ValueError:
        raise InvalidInput("A priority is a whole number.", code="invalid_priority") from None
