"""Review: what people disagree on, all answers side by side, and the decision between them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from feedback.errors import TouchstoneError
from feedback.kinds import KINDS
from feedback.models import Item
from feedback.permissions import Ability
from feedback.selectors import get_project, item_detail, names_shown
from feedback.selectors.decisions import disputed, standing_decisions
from feedback.selectors.quality import newest_report
from feedback.services.decisions import ask_one_more, decide, undecide
from feedback.views.requests import MemberRequest, parse_id


@login_required
@require_safe
def review(request: MemberRequest, slug: str) -> HttpResponse:
    """The queue: items in dispute, those first on which people disagree most."""
    project = get_project(request.user, slug, Ability.REVIEW)
    context = {
        "project": project,
        "report": newest_report(project),
        "rows": [(one, KINDS[one.kind].label) for one in disputed(project)],
        "decided": standing_decisions(project).count(),
    }
    return render(request, "feedback/review/queue.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review_item(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """All answers to an item; a post decides (`judgment`), takes back (`undo`) or asks one more (`more`)."""
    project = get_project(request.user, slug, Ability.REVIEW)
    found = item_detail(project, pk)
    if request.method == "POST":
        _act(request, found)
        return redirect("review_item", slug, pk)
    hidden = not names_shown(found, request.user)
    context = {
        "project": project,
        "item": found,
        "names_hidden": hidden,
        "kinds": [] if hidden else _kinds(found),
    }
    return render(request, "feedback/review/item.html", context)


def _act(request: MemberRequest, item: Item) -> None:
    try:
        if "more" in request.POST:
            overlap = ask_one_more(item).overlap
            messages.success(request, f"One more is asked: {overlap} people in all.")
        elif "undo" in request.POST:
            undecide(item, request.POST["undo"])
            messages.success(request, "The decision is taken back.")
        else:
            decide(item, parse_id(request.POST.get("judgment")) or 0, request.user)
            messages.success(request, "Decided.")
    except TouchstoneError as error:
        messages.error(request, error.message)


def _kinds(item: Item) -> list[dict[str, Any]]:
    """The answers of each kind with the order in which each was shown, and the decision."""
    decisions = {
        decision.kind: decision
        for decision in standing_decisions(item.project)
        .filter(item=item)
        .select_related("reviewer")
    }
    answers: dict[str, list[Any]] = {}
    for judgment in item.judgments.all():
        answers.setdefault(judgment.kind, []).append((judgment, _shown(judgment.submission.order)))
    return [
        {
            "name": name,
            "label": KINDS[name].label,
            "answers": rows,
            "decision": decisions.get(name),
        }
        for name, rows in answers.items()
    ]


def _shown(order: list[int] | None) -> str:
    """The letters of the completions from left to right; empty where nothing was shown."""
    return " ".join(chr(ord("A") + index) for index in order or ())
