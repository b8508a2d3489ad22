"""The annotator's last answer within its time of grace: opened for change, or taken back."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from feedback import services
from feedback.views import painting
from feedback.views.requests import MemberRequest


@never_cache
@login_required
@require_safe
def judge_last(request: MemberRequest, slug: str) -> HttpResponse:
    """The form of the last answer, filled in as it was sent; what is posted from it replaces the answer."""
    annotator = painting.annotator_of(request, slug)
    submission = services.last_changeable(annotator)
    return painting.paint_item(request, annotator, painting.stored_item(submission))


@login_required
@require_POST
def judge_undo(request: MemberRequest, slug: str) -> HttpResponse:
    """The last answer no longer counts; its item is open again, filled in with what was answered."""
    annotator = painting.annotator_of(request, slug)
    submission = services.last_changeable(annotator)
    lease = services.withdraw_submission(annotator, submission.pk, submission.item_id)
    painting.count(request, annotator.project, -1)
    if not request.htmx:
        return redirect("judge", slug)
    return painting.paint_item(request, annotator, painting.leased_item(annotator, lease))
