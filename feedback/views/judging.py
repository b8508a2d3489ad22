"""The judging page: the next item, fetched ahead too; an answer that is stored; and progress."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from feedback import selectors, services
from feedback.assignment import next_assignment
from feedback.errors import NotFound, TouchstoneError
from feedback.kinds import KINDS
from feedback.models import Annotator, Submission
from feedback.views import painting
from feedback.views.answers import posted_answers, typed
from feedback.views.requests import MemberRequest, number, parse_id


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: MemberRequest, slug: str) -> HttpResponse:
    """The annotator's oldest open item, or the next; a posted answer is stored."""
    annotator = painting.annotator_of(request, slug)
    if request.method == "POST":
        return _submit(request, annotator)
    last = _submission(annotator, parse_id(request.GET.get("last")))
    context = painting.found_item(annotator, next_assignment(annotator))
    return painting.paint_item(
        request, annotator, context | (painting.last_of(last) if last else {})
    )


@login_required
@require_POST
def judge_next(request: MemberRequest, slug: str) -> HttpResponse:
    """A fragment: the item behind the one on the screen, under a lease of its own."""
    annotator = painting.annotator_of(request, slug)
    found = next_assignment(annotator, parse_id(request.POST.get("after")))
    context = painting.base(request, annotator.project) | painting.found_item(annotator, found)
    return render(request, "feedback/judging/_item.html", context)


@login_required
@require_safe
def judge_progress(request: MemberRequest, slug: str) -> HttpResponse:
    """A fragment: how far the session, the annotator and the project are."""
    annotator = painting.annotator_of(request, slug)
    context = painting.base(request, annotator.project) | {
        "done_ever": selectors.annotator_submissions(annotator),
        "progress": selectors.judging_progress(annotator.project),
    }
    return render(request, "feedback/judging/_progress.html", context)


def _submit(request: MemberRequest, annotator: Annotator) -> HttpResponse:
    try:
        outcome = services.submit_judgment(_posted(request, annotator))
    except TouchstoneError as error:
        return _refused(request, annotator, error)
    stored = outcome.submission
    assert stored is not None  # noqa: S101 refusals were raised
    if outcome.status == "created" and stored.amends_id is None:
        painting.count(request, annotator.project, 1)
    if not request.htmx:
        return redirect(reverse("judge", args=[annotator.project.slug]) + f"?last={stored.pk}")
    context = painting.base(request, annotator.project) | painting.last_of(stored)
    return render(request, "feedback/judging/_last.html", context)


def _posted(request: MemberRequest, annotator: Annotator) -> services.NewSubmission:
    return services.NewSubmission(
        item_id=parse_id(request.POST.get("item")) or 0,
        annotator=annotator,
        answers=posted_answers(request.POST, KINDS),
        key=request.POST.get("key", ""),
        assignment_id=_named(request, "assignment"),
        amends=_named(request, "amends"),
        lead_time=number(request, "lead_time", float),
        edits=number(request, "edits", int),
        client=request.POST.get("client", ""),
    )


def _named(request: MemberRequest, field: str) -> int | None:
    """An id that the form may name; what is none is an id that nothing has."""
    text = request.POST.get(field, "")
    return (parse_id(text) or 0) if text else None


def _refused(request: MemberRequest, annotator: Annotator, error: TouchstoneError) -> HttpResponse:
    """A script keeps its form and shows the message; without one the form is painted again, filled in."""
    if request.htmx:
        raise error
    context = _same_item(request, annotator, error) | {
        "error": error,
        "key": request.POST.get("key", ""),
        "answers": typed(request.POST.dict(), KINDS),
    }
    return painting.paint_item(request, annotator, context, status=400)


def _same_item(
    request: MemberRequest, annotator: Annotator, error: TouchstoneError
) -> dict[str, Any]:
    """The item that was posted about; raises the error where there is none to paint."""
    try:
        amended = _submission(annotator, _named(request, "amends"))
        if amended is not None:
            return painting.stored_item(amended)
        pk = _named(request, "assignment")
        return painting.leased_item(annotator, painting.own_assignment(annotator, pk))
    except NotFound:
        raise error from None


def _submission(annotator: Annotator, pk: int | None) -> Submission | None:
    known = Submission.objects.select_related("item__project", "item__prompt", "annotator")
    return known.filter(annotator=annotator, pk=pk).first() if pk else None
