"""A person's own keys on the judging screen."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from feedback import services
from feedback.errors import InvalidInput
from feedback.keys import ACTIONS, own_keys
from feedback.views.requests import MemberRequest


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_keys(request: MemberRequest) -> HttpResponse:
    """Which key does what; a posted form changes it, or gives every action its first key again."""
    if request.method != "POST":
        return _page(request, own_keys(request.user.preferences.get("keys")))
    reset = "reset" in request.POST
    wanted = {} if reset else {one.name: request.POST.get(one.name, "") for one in ACTIONS}
    try:
        services.save_keys(request.user, wanted)
    except InvalidInput as error:
        return _page(request, own_keys(wanted), error)
    messages.success(request, "Every key is as it was at first." if reset else "Saved.")
    return redirect("account_keys")


def _page(
    request: MemberRequest, keys: dict[str, str], error: InvalidInput | None = None
) -> HttpResponse:
    problems = {str(d["where"]): d["message"] for d in error.details} if error else {}
    rows = [(one, keys[one.name], problems.get(one.name, "")) for one in ACTIONS]
    context = {"rows": rows, "error": error}
    return render(request, "feedback/account_keys.html", context, status=400 if error else 200)
