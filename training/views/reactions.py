"""Thumbs on samples: each painted sample counts as shown, and may be reacted to."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from feedback import services as feedback
from feedback.errors import InvalidInput, NotFound
from feedback.models import Annotator, Completion
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.selectors.reactions import get_completion, reaction_of, reaction_settings
from feedback.views.requests import MemberRequest

MEANING = {"true": True, "false": False, "": None}


@login_required
@require_POST
def sampling_shown(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """A sample was painted: it counts once for its viewer, who gets the thumbs for it."""
    completion, annotator = _of(request, slug, pk)
    key = f"sampling:{annotator.pk}"
    feedback.show_again(completion, key=key, viewer=annotator.pseudonym)
    return _thumbs(request, completion, annotator)


@login_required
@require_POST
def sampling_thumb(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """Store the viewer's thumb in place of an older one, or take it back; names are never told."""
    completion, annotator = _of(request, slug, pk)
    posted = request.POST
    desirable = MEANING.get(posted.get("desirable", ""))
    standing = reaction_of(completion, annotator)
    same = standing is not None and standing.desirable is desirable
    new = feedback.NewReaction(
        desirable,
        key=uuid.uuid4().hex,
        # Tags and a reason belong to the thumb beside which they were typed.
        tags=posted.getlist("tags") if same else (),
        reason=posted.get("reason", "").strip() if same else "",
    )
    try:
        feedback.react(completion, annotator, new, blind="blind" in posted)
    except InvalidInput as error:
        return _thumbs(request, completion, annotator, error=error)
    return _thumbs(request, completion, annotator, stored=True)


def _of(request: MemberRequest, slug: str, pk: int) -> tuple[Completion, Annotator]:
    project = get_project(request.user, slug, Ability.SAMPLE)
    completion = get_completion(request.user, pk, Ability.SAMPLE)
    if completion.prompt.project_id != project.pk:
        raise NotFound("There is no such completion in this project.", code="no_completion")
    return completion, feedback.annotator_for_user(project, request.user)


def _thumbs(
    request: MemberRequest, completion: Completion, annotator: Annotator, **more: Any
) -> HttpResponse:
    reaction = reaction_of(completion, annotator)
    offered: Any = reaction_settings(completion)
    tags = () if reaction is None else offered.tags(desirable=reaction.desirable)
    context = {
        "project": completion.prompt.project,
        "completion": completion,
        "reaction": reaction,
        "tags": tags,
        "reason": offered.reason != "off",
        "blind": "blind" in request.POST,
        **more,
    }
    status = 400 if "error" in more else 200
    return render(request, "training/sampling/_thumbs.html", context, status=status)
