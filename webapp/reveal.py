"""Names revealed: which policy wrote what, for a blind item that the reader has judged."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from feedback.errors import NotFound
from feedback.models import Completion, Submission
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.views.requests import MemberRequest
from training.models import Generation


@login_required
@require_safe
def reveal(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """A fragment for the judging page: the names in the order in which the completions were shown."""
    project = get_project(request.user, slug, Ability.JUDGE)
    submission = (
        Submission.objects.filter(pk=pk, item__project=project, annotator__user=request.user)
        .select_related("item")
        .first()
    )
    if submission is None:
        raise NotFound("You have not judged this item.", code="not_judged")
    completions = [s.completion for s in submission.item.slots.select_related("completion")]
    order = range(len(completions)) if submission.order is None else submission.order
    names = policy_names(completions)
    shown = [
        {"place": place, "name": names.get(completions[index].pk) or completions[index].label}
        for place, index in enumerate(order, start=1)
    ]
    if len({one["name"] for one in shown}) < 2:
        return HttpResponse()  # two samples of one policy: there is nothing to tell
    return render(request, "feedback/judging/_reveal.html", {"shown": shown})


def policy_names(completions: list[Completion]) -> dict[int, str]:
    """The policy's name for each completion that was sampled here."""
    sampled = Generation.objects.filter(completion__in=completions).select_related("policy")
    return {generation.completion_id: generation.policy.name for generation in sampled}
