"""Uploaded images: added, listed, and as pages show them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from feedback import services
from feedback.errors import TouchstoneError
from feedback.forms import ImageForm, show_error
from feedback.models import Image
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.selectors.images import get_image
from feedback.views.requests import MemberRequest, page_of

A_YEAR = 365 * 24 * 3600


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def images(request: MemberRequest, slug: str) -> HttpResponse:
    """The project's images, newest first, and a form to add one."""
    project = get_project(request.user, slug, Ability.MANAGE)
    posted = request.method == "POST"
    form = ImageForm(request.POST, request.FILES) if posted else ImageForm()
    if form.is_bound and form.is_valid():
        try:
            added, new = services.add_image(project, form.cleaned_data["file"])
        except TouchstoneError as error:
            show_error(form, error, "file")
        else:
            state = "is there" if new else "was there already"
            messages.success(request, f"The image {state}: {added.digest[:12]}…")
            return redirect("images", project.slug)
    page = page_of(request, Image.objects.filter(project=project))
    context = {"project": project, "form": form, "page": page}
    return render(request, "feedback/images.html", context, status=400 if form.is_bound else 200)


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
