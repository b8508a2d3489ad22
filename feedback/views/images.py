"""Uploaded images, as pages show them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import FileResponse
from django.views.decorators.http import require_safe

from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.selectors.images import get_image
from feedback.views.requests import MemberRequest

A_YEAR = 365 * 24 * 3600


@login_required
@require_safe
def image(request: MemberRequest, slug: str, digest: str) -> FileResponse:
    """The file under its digest; it never changes, and no browser takes it for anything but an image."""
    found = get_image(get_project(request.user, slug, Ability.JUDGE), digest)
    response = FileResponse(found.file.open("rb"), content_type=found.media_type)
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = f"private, max-age={A_YEAR}, immutable"
    return response
