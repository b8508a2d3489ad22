"""One kind's own form by itself, about an item that nobody leases: for a decision, and for a known answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from feedback.errors import NotFound, TouchstoneError
from feedback.models import Assignment, Item
from feedback.selectors import question
from feedback.views.answers import answered, posted_answers, typed
from feedback.views.requests import MemberRequest


@dataclass(frozen=True, slots=True)
class Page:
    """What stands around the form: the heading, what it is for, and the place to which it leads back."""

    title: str
    lede: str
    back: tuple[str, str]  # address and label
    submit: str


def posted_answer(request: MemberRequest, kind: str) -> Mapping[str, Any]:
    """What the form sends, for the kind to check; an empty one is told what is missing by its kind."""
    answer: Mapping[str, Any] = posted_answers(request.POST, [kind]).get(kind, {})
    return answer


def paint_alone(
    request: MemberRequest,
    item: Item,
    kind: str,
    page: Page,
    *,
    answer: Mapping[str, Any] | None = None,
    error: TouchstoneError | None = None,
    **more: Any,
) -> HttpResponse:
    """The form, filled in with `answer`, or with what was typed where that was refused (status 400)."""
    # A lease that is never stored, in stored order: letters are those of the answers beside it.
    order = list(range(item.slots.count()))
    asking = question(Assignment(item=item, order=order, expires_at=timezone.now()))
    asked = next((one for one in asking.kinds if one.kind.name == kind), None)
    if asked is None:
        raise NotFound(f"This item does not ask '{kind}'.", code="not_asked")
    filled = answered({kind: answer}) if answer else {}
    context = {
        "project": item.project,
        "item": item,
        "question": asking,
        "asked": asked,
        "kind": asked.kind,
        "page": page,
        "answers": typed(request.POST.dict(), [kind]) if error else filled,
        "error": error,
        **more,
    }
    return render(request, "feedback/alone.html", context, status=400 if error else 200)
