"""Review: what people disagree on, all answers side by side, and the decision between them or anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from feedback.errors import Conflict, InvalidInput, TouchstoneError
from feedback.kinds import KINDS
from feedback.models import Item
from feedback.permissions import Ability
from feedback.selectors import asked_kinds, get_project, item_detail, names_shown, stored_answer
from feedback.selectors.decisions import decisions_on, is_anew, standing_decisions
from feedback.selectors.disputes import disputed
from feedback.services.decisions import ask_one_more, decide, decide_anew, undecide
from feedback.views.alone import Page, paint_alone, posted_answer
from feedback.views.requests import MemberRequest, parse_id


@login_required
@require_safe
def review(request: MemberRequest, slug: str) -> HttpResponse:
    """The queue: items in dispute, those first on which people disagree most."""
    project = get_project(request.user, slug, Ability.REVIEW)
    found = disputed(project, parse_id(request.GET.get("after")))
    context = {
        "project": project,
        "report": found.report,
        "rows": [(one, KINDS[one.kind].label) for one in found.rows],
        "after": found.after,
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


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review_anew(request: MemberRequest, slug: str, pk: int, kind: str) -> HttpResponse:
    """The kind's own form, all answers beside it; a post makes its answer the decision."""
    project = get_project(request.user, slug, Ability.REVIEW)
    found = item_detail(project, pk)
    if not names_shown(found, request.user):
        return redirect("review_item", slug, pk)
    error: TouchstoneError | None = None
    if request.method == "POST":
        try:
            decide_anew(found, kind, posted_answer(request, kind), request.user)
        except (InvalidInput, Conflict) as refused:
            error = refused
        else:
            messages.success(request, "Decided.")
            return redirect("review_item", slug, pk)
    page = Page(
        title=f"Decide item {pk}",
        lede="Your answer decides. It is evidence only in snapshots that take decisions.",
        back=(reverse("review_item", args=[slug, pk]), f"Review item {pk}"),
        submit="Decide",
    )
    given = [judgment for judgment in found.judgments.all() if judgment.kind == kind]
    return paint_alone(
        request, found, kind, page, answer=_decided_anew(found, kind), error=error, given=given
    )


def _decided_anew(item: Item, kind: str) -> Mapping[str, Any] | None:
    """The answer of the decision that stands, where a reviewer gave it."""
    decision = decisions_on(item).filter(kind=kind).first()
    if decision is None or not is_anew(decision):
        return None
    answer: Mapping[str, Any] = stored_answer(decision.judgment).model_dump(mode="json")
    return answer


def _act(request: MemberRequest, item: Item) -> None:
    try:
        if "more" in request.POST:
            overlap = ask_one_more(item).overlap
            messages.success(request, f"One more is asked: {overlap} people in all.")
        elif "undo" in request.POST:
            if undecide(item, request.POST["undo"]):
                messages.success(request, "The decision is taken back.")
            else:
                messages.info(request, "There is no such decision to take back.")
        else:
            decide(item, parse_id(request.POST.get("judgment")) or 0, request.user)
            messages.success(request, "Decided.")
    except TouchstoneError as error:
        messages.error(request, error.message)


def _kinds(item: Item) -> list[dict[str, Any]]:
    """The answers of each kind with the order in which each was shown, and the decision."""
    decisions = {decision.kind: decision for decision in decisions_on(item)}
    answers: dict[str, list[Any]] = {}
    for judgment in item.judgments.all():
        answers.setdefault(judgment.kind, []).append((judgment, _shown(judgment.submission.order)))
    return [
        {
            "name": asked.kind.name,
            "label": asked.kind.label,
            "answers": answers.get(asked.kind.name, []),
            "decision": decisions.get(asked.kind.name),
            "anew": asked.kind.name in decisions and is_anew(decisions[asked.kind.name]),
            "may_anew": item.gold is None and not asked.kind.keeps_sessions(asked.settings),
        }
        for asked in asked_kinds(item)
    ]


def _shown(order: list[int] | None) -> str:
    """The letters of the completions from left to right; empty where nothing was shown."""
    return " ".join(chr(ord("A") + index) for index in order or ())
