"""Snapshots: freeze one, list them, and see what one holds and which recipes it suits."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from feedback.errors import TouchstoneError
from feedback.exports import EXPORTS
from feedback.permissions import Ability, abilities
from feedback.selectors import get_project
from feedback.views.requests import MemberRequest, page_of
from training import selectors, services
from training.forms import FreezeForm
from training.forms.errors import show_error
from training.models import Snapshot
from training.views.lineage import option_rows
from training.views.requests import nudge_for

RECORDS = {
    "comparison": "Comparisons",
    "aspect": "… of which about one aspect",
    "verdict": "Thumbs",
    "verdict_up": "… of which up",
    "verdict_down": "… of which down",
    "ranking": "Rankings",
    "score": "Scores",
    "critique": "Critiques",
    "demonstration": "Demonstrations",
    "comparison_decided": "Pairs of which one is better",
    "tie": "Pairs that are equal",
    "image": "About images",
    "prompts": "Different prompts",
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def snapshots(request: MemberRequest, slug: str) -> HttpResponse:
    """The list, with the form that freezes a new one."""
    posted = request.method == "POST"
    project = get_project(request.user, slug, Ability.TRAIN if posted else Ability.VIEW)
    form = FreezeForm(request.POST if posted else None)
    if posted and form.is_valid():
        try:
            job = services.start_snapshot(project, request.user, form.options())
        except TouchstoneError as error:
            show_error(form, error)
        else:
            nudge_for(job)
            return redirect("job", job.pk)
    context = {
        "project": project,
        "form": form,
        "may": abilities(request.user, project),
        "page": page_of(request, Snapshot.objects.filter(project=project)),
    }
    return render(request, "training/snapshots.html", context, status=400 if posted else 200)


@login_required
@require_safe
def snapshot(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """One snapshot: its digest, counts and options, the recipes that it suits, its exports."""
    project = get_project(request.user, slug, Ability.VIEW)
    found = selectors.get_snapshot(project, pk)
    context = {
        "project": project,
        "snapshot": found,
        "may": abilities(request.user, project),
        "counts": count_rows(found),
        "options": option_rows(found.options),
        "groups": selectors.offer_groups(found),
        "exports": EXPORTS.values(),
        "checkpoints": selectors.checkpoints_of(project).filter(snapshot=found)[:20],
    }
    return render(request, "training/snapshot.html", context)


def count_rows(found: Snapshot) -> list[tuple[str, int, int, int]]:
    """(what, all, to train on, held out) for every record that the snapshot has."""
    counts = found.counts
    return [
        (label, counts[name], counts.get(f"{name}_train", 0), counts.get(f"{name}_test", 0))
        for name, label in RECORDS.items()
        if counts.get(name)
    ]
