"""The button of an item's page that asks the same once more."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from feedback.permissions import Ability
from feedback.selectors import get_project, item_detail
from feedback.services.repeats import repeat_item
from feedback.views.requests import MemberRequest


@login_required
@require_POST
def item_repeat(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """A new item that asks the same; its page follows."""
    project = get_project(request.user, slug, Ability.MANAGE)
    again = repeat_item(item_detail(project, pk))
    messages.success(request, f"This item asks the same as item {again.repeats_id}.")
    return redirect("item", slug, again.pk)
