"""The judging page: one item at a time, answered, skipped, kept alive, given back."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from feedback import assignment as leases
from feedback import selectors, services
from feedback.assignment import Gated, Nothing
from feedback.errors import Conflict, InvalidInput, NotFound, TouchstoneError
from feedback.kinds import KINDS
from feedback.models import Annotator, Assignment, Project, Submission
from feedback.permissions import Ability
from feedback.views.answers import posted_answers
from feedback.views.requests import MemberRequest, parse_id

HEARTBEAT_SECONDS = 60


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: MemberRequest, slug: str) -> HttpResponse:
    """The annotator's next item; a posted answer is stored, and the next item follows at once."""
    project = selectors.get_project(request.user, slug, Ability.JUDGE)
    annotator = services.annotator_for_user(project, request.user)
    if request.method != "POST":
        return _next(request, annotator, _last(annotator, request.GET.get("last")))
    try:
        outcome = services.submit_judgment(_posted(request, annotator))
    except TouchstoneError as error:
        return _refused(request, annotator, error)
    if outcome.status == "created":
        _count(request, slug)
    if request.htmx:
        return _next(request, annotator, outcome.submission)
    last = f"?last={outcome.submission.pk}" if outcome.submission else ""
    return redirect(reverse("judge", args=[slug]) + last)


@login_required
@require_POST
def judge_skip(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Leave the item to others, with a reason if there is one; the next item follows."""
    annotator, assignment = _own(request, slug, pk)
    with suppress(Conflict):  # a lease that has ended is left behind all the same
        leases.skip_assignment(
            assignment, request.POST.get("reason", "").replace("\x00", "")[:2000]
        )
    return _next(request, annotator) if request.htmx else redirect("judge", slug)


@login_required
@require_POST
def judge_heartbeat(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Somebody is still at it: the lease lasts its full time again."""
    _, assignment = _own(request, slug, pk)
    extended = leases.extend_assignment(assignment)
    return JsonResponse({"expires": extended.expires_at.isoformat()})


@login_required
@require_POST
def judge_release(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """The page was left: the item goes back, unless another page has taken it up since.

    A reload asks for the item before the old page says that it ends; the lease then ends later than
    the old page knows, and stays.
    """
    _, assignment = _own(request, slug, pk)
    if assignment.expires_at.isoformat() == request.POST.get("expires"):
        with suppress(Conflict):  # it may have ended by itself
            leases.release_assignment(assignment)
    return HttpResponse(status=204)


def _posted(request: MemberRequest, annotator: Annotator) -> services.NewSubmission:
    seconds = request.POST.get("lead_time", "")
    try:
        lead_time = float(seconds) if seconds else None
    except ValueError:
        raise InvalidInput("The lead time is not a number.", code="invalid_lead_time") from None
    return services.NewSubmission(
        item_id=parse_id(request.POST.get("item")) or 0,
        annotator=annotator,
        answers=posted_answers(request.POST, KINDS),
        key=request.POST.get("key", ""),
        assignment_id=parse_id(request.POST.get("assignment")) or 0,
        lead_time=lead_time,
    )


def _own(request: MemberRequest, slug: str, pk: int) -> tuple[Annotator, Assignment]:
    project = selectors.get_project(request.user, slug, Ability.JUDGE)
    annotator = services.annotator_for_user(project, request.user)
    assignment = Assignment.objects.filter(pk=pk, annotator=annotator).first()
    if assignment is None:
        raise NotFound("There is no such assignment of yours.", code="unknown_assignment")
    return annotator, assignment


def _next(
    request: MemberRequest, annotator: Annotator, last: Submission | None = None
) -> HttpResponse:
    found = leases.next_assignment(annotator)
    context = _context(request, annotator, last)
    if isinstance(found, Nothing):
        context["nothing"] = found
    elif isinstance(found, Gated):
        context["gate"] = found.record
    else:
        context |= _question(found) | {"key": uuid.uuid4()}
    template = "feedback/judging/_item.html" if request.htmx else "feedback/judging/page.html"
    return render(request, template, context)


def _refused(request: MemberRequest, annotator: Annotator, error: TouchstoneError) -> HttpResponse:
    """A script keeps its form and shows the message; without one the form is painted again, filled in."""
    pk = parse_id(request.POST.get("assignment")) or 0
    assignment = Assignment.objects.filter(pk=pk, annotator=annotator).first()
    if request.htmx or assignment is None:
        raise error
    context = _context(request, annotator, None) | _question(assignment)
    context |= {"error": error, "key": request.POST.get("key", ""), "answers": _typed(request)}
    return render(request, "feedback/judging/page.html", context, status=400)


def _typed(request: MemberRequest) -> dict[str, Any]:
    try:
        return posted_answers(request.POST, KINDS)
    except InvalidInput:
        return {}


def _question(assignment: Assignment) -> dict[str, Any]:
    question = selectors.question(assignment)
    return {
        "question": question,
        "assignment": assignment,
        "expires": assignment.expires_at.isoformat(),
        "heartbeat_seconds": _heartbeat_seconds(assignment.item.project),
    }


def _context(
    request: MemberRequest, annotator: Annotator, last: Submission | None
) -> dict[str, Any]:
    slug = annotator.project.slug
    return {
        "project": annotator.project,
        "done_now": request.session.get(_counter(slug), 0),
        "done_ever": selectors.annotator_submissions(annotator),
        "last": last,
    }


def _last(annotator: Annotator, pk: str | None) -> Submission | None:
    known = Submission.objects.select_related("item").filter(annotator=annotator)
    return known.filter(pk=parse_id(pk) or 0).first()


def _heartbeat_seconds(project: Project) -> int:
    """A minute, or less where leases are so short that one missed beat would end them."""
    return max(5, min(HEARTBEAT_SECONDS, project.lease_minutes * 20))


def _count(request: MemberRequest, slug: str) -> None:
    request.session[_counter(slug)] = request.session.get(_counter(slug), 0) + 1


def _counter(slug: str) -> str:
    return f"judged:{slug}"
