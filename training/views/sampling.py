"""Sampling: completions of a typed prompt, streamed side by side, and made into blind items."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from feedback.errors import InvalidInput, Unavailable
from feedback.kinds import get_kind
from feedback.models import Project
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.views.requests import MemberRequest
from training import selectors, services, streams
from training.forms import SamplingForm
from training.forms.errors import show_error
from training.services import NewSampling

STREAM_ID = re.compile(r"\d{1,20}(-\d{1,20})?")
PREFILLED = ("first", "second", "blind", "prompt", "system")
PAIR = 2


@dataclass(frozen=True, slots=True)
class Column:
    """One policy's samples: its side in the stream, the letter it goes by, its name, its cards."""

    side: int
    letter: str
    name: str
    cards: range


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sampling(request: MemberRequest, slug: str) -> HttpResponse:
    """The page; a posted prompt answers with the cards into which its samples stream."""
    project = get_project(request.user, slug, Ability.SAMPLE)
    if request.method == "POST":
        return _sample(request, project)
    given = {k: request.GET[k] for k in PREFILLED if k in request.GET}
    form = SamplingForm(project=project, initial=given)
    return render(request, "training/sampling/page.html", {"project": project, "form": form})


def _sample(request: MemberRequest, project: Project) -> HttpResponse:
    form = SamplingForm(request.POST, project=project)
    context: dict[str, Any] = {"project": project, "form": form}
    status = 400
    if form.is_valid():
        try:
            context |= _request(request, project, form)
            status = 200
        except InvalidInput as error:
            show_error(form, error)
        except Unavailable as error:
            context["error"], status = error, 503
    name = "training/sampling/_answers.html" if request.htmx else "training/sampling/page.html"
    return render(request, name, context, status=status)


def _request(request: MemberRequest, project: Project, form: SamplingForm) -> dict[str, Any]:
    policies = selectors.get_policies(project, form.policy_ids())
    new = NewSampling(form.messages(), policies, form.params())
    name = services.request_sampling(project, request.user, new)
    sides = list(enumerate(policies))
    blind = form.cleaned_data["blind"] and len(policies) == PAIR
    if blind:
        random.shuffle(sides)
    cards = range(form.cleaned_data["n"])
    return {
        "stream": name,
        "blind": blind,
        "columns": [
            Column(side, "AB"[place], policy.name, cards)
            for place, (side, policy) in enumerate(sides)
        ],
    }


@login_required
@require_safe
def sampling_stream(request: MemberRequest, slug: str, name: str) -> StreamingHttpResponse:
    """The samples as server-sent events, from where this browser's last connection ended."""
    get_project(request.user, slug, Ability.SAMPLE)
    streams.check_owner(name, request.user.pk)
    last = request.headers.get("Last-Event-ID", "")
    events = streams.follow(name, last if STREAM_ID.fullmatch(last) else "0")
    response = StreamingHttpResponse(_lines(events), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


def _lines(events: Iterator[streams.Event | None]) -> Iterator[str]:
    """Events as the browser reads them; a comment now and then keeps the connection open."""
    yield "retry: 1000\n\n"
    for event in events:
        if event is None:
            yield ": waiting\n\n"
        else:
            data = json.dumps(dict(event.data))
            yield f"id: {event.id}\nevent: {event.name}\ndata: {data}\n\n"


@login_required
@require_POST
def sampling_stop(request: MemberRequest, slug: str, name: str) -> HttpResponse:
    """End the sampling early."""
    get_project(request.user, slug, Ability.SAMPLE)
    services.stop_sampling(request.user, name)
    return HttpResponse(status=204)


@login_required
@require_POST
def judge_blind(request: MemberRequest, slug: str) -> HttpResponse:
    """Make blind items of the samples and go on to judge them."""
    project = get_project(request.user, slug, Ability.SAMPLE)
    ids = [int(pk) for pk in request.POST.getlist("completion") if pk.isdecimal() and len(pk) < 19]
    services.judge_blind(project, ids, pair_kinds(project))
    url = reverse("judge", args=[project.slug])
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def pair_kinds(project: Project) -> list[Mapping[str, Any] | str]:
    """The project's kinds that can be asked about a pair; pairwise where it has none."""
    suited = [k for k in project.kinds if get_kind(k["kind"]).completions_problem(PAIR) is None]
    return suited or ["pairwise"]
