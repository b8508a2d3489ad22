"""What happens to an annotator's lease while its item is on the screen: kept, left, and typed under."""

from __future__ import annotations

from contextlib import suppress

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from feedback import assignment as leases
from feedback import services
from feedback.errors import Conflict, NotFound
from feedback.models import Annotator, Assignment
from feedback.views.painting import annotator_of, own_assignment
from feedback.views.requests import MemberRequest, number, parse_id


@login_required
@require_POST
def judge_skip(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Leave the item to others, with a reason if there is one."""
    assignment = own_assignment(annotator_of(request, slug), pk)
    reason = request.POST.get("reason", "").replace("\x00", "")[:2000]
    with suppress(Conflict):  # a lease that has ended is left behind all the same
        leases.skip_assignment(assignment, reason)
    return HttpResponse(status=204) if request.htmx else redirect("judge", slug)


@login_required
@require_POST
def judge_heartbeat(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Somebody is still at it: the lease lasts its full time again, and that of `also`, fetched ahead.

    `also_expires` is null where that lease is over; it is fetched again then.
    """
    annotator = annotator_of(request, slug)
    extended = leases.extend_assignment(own_assignment(annotator, pk))
    ahead = _ahead(request, annotator)
    also = None
    if ahead is not None:
        with suppress(Conflict):
            also = leases.extend_assignment(ahead).expires_at.isoformat()
    return JsonResponse({"expires": extended.expires_at.isoformat(), "also_expires": also})


@login_required
@require_POST
def judge_release(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """The page was left: its item goes back, and `also`, the one fetched ahead.

    A reload asks for the item before the old page says that it ends; the lease then ends later than
    the old page knows, and both stay.
    """
    annotator = annotator_of(request, slug)
    assignment = own_assignment(annotator, pk)
    if assignment.expires_at.isoformat() != request.POST.get("expires"):
        return HttpResponse(status=204)
    for one in (assignment, _ahead(request, annotator)):
        if one is not None:
            with suppress(Conflict):  # it may have ended by itself
                leases.release_assignment(one)
    return HttpResponse(status=204)


@login_required
@require_POST
def judge_draft(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Keep what has been typed."""
    annotator = annotator_of(request, slug)
    draft = services.NewDraft(
        fields=services.read_fields(request.POST.get("fields", "")),
        lead_time=number(request, "lead_time", float) or 0,
        edits=number(request, "edits", int) or 0,
    )
    services.save_draft(annotator, pk, draft)
    return HttpResponse(status=204)


def _ahead(request: MemberRequest, annotator: Annotator) -> Assignment | None:
    """The lease that the page holds besides the one on the screen, if it says so."""
    try:
        return own_assignment(annotator, parse_id(request.POST.get("also")))
    except NotFound:
        return None
