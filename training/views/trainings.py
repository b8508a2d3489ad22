"""Training: the form of one recipe on one snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from feedback.errors import TouchstoneError
from feedback.forms.schema import SchemaForm
from feedback.models import User
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.views.requests import MemberRequest
from training import selectors, services
from training.companions import model_warnings
from training.forms import BaseModelForm, CompanionsForm, config_form
from training.forms.errors import show_error
from training.forms.trainings import SeriesForm, field_groups
from training.models import Job, Snapshot
from training.recipes import parse_config
from training.recipes.base import Recipe
from training.registry import ensure_base_policy
from training.views.requests import nudge_for


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def train(request: MemberRequest, slug: str, pk: int, recipe: str) -> HttpResponse:
    """Show the form; start the training when everything that was typed fits."""
    project = get_project(request.user, slug, Ability.TRAIN)
    snapshot = selectors.get_snapshot(project, pk)
    chosen = selectors.recipe_named(recipe)
    data = request.POST if request.method == "POST" else None
    sent = Sent(
        base=BaseModelForm(data, project=project),
        config=config_form(chosen, data),
        models=CompanionsForm(data, project=project, needs=chosen.needs),
        series=SeriesForm(data, prefix="series", labelled=chosen.labelled),
    )
    warnings = _warnings(snapshot, chosen, sent)
    known = data is not None and set(warnings) <= set(data.getlist("warned"))
    if known:
        job = _start(request.user, snapshot, chosen, sent)
        if job is not None:
            nudge_for(job)
            return redirect("job", job.pk)
    shown, folded = field_groups(sent.config)
    context = {
        "project": project,
        "snapshot": snapshot,
        "recipe": chosen,
        "missing": chosen.missing(snapshot.counts),
        "warnings": warnings,
        "base": sent.base,
        "config": sent.config,
        "models": sent.models,
        "series": sent.series,
        "shown": shown,
        "folded": folded,
        "folded_open": any(bound.errors for bound in folded),
    }
    return render(request, "training/train.html", context, status=400 if known else 200)


@dataclass(frozen=True, slots=True)
class Sent:
    """The forms of the page."""

    base: BaseModelForm
    config: SchemaForm
    models: CompanionsForm
    series: SeriesForm


def _warnings(snapshot: Snapshot, recipe: Recipe, sent: Sent) -> list[str]:
    """What may disappoint with this config and these models, or with the defaults where none were sent.

    None for a config that does not fit: its errors come first.
    """
    form = sent.config
    if form.is_bound and not form.is_valid():
        return []
    try:
        config = parse_config(recipe, form.payload() if form.is_bound else {})
    except TouchstoneError:
        return []
    models = sent.models.payload() if sent.models.is_valid() else {}
    return [*recipe.warnings(snapshot.counts, config), *model_warnings(snapshot.counts, models)]


def _start(owner: User, snapshot: Snapshot, recipe: Recipe, sent: Sent) -> Job | None:
    """The queued job, or None with the errors on the fields that caused them."""
    base, config, models = sent.base, sent.config, sent.models
    fits = [form.is_valid() for form in (base, config, models, sent.series)]
    if config.is_valid():
        try:
            parse_config(recipe, config.payload())
        except TouchstoneError as error:
            show_error(config, error)
            return None
    if not all(fits):
        return None
    try:
        # Together, so that a base model that turns out not to exist leaves no policy behind.
        with transaction.atomic():
            location = base.cleaned_data["location"].strip()
            policy = base.chosen() or ensure_base_policy(location, snapshot.project)
            jobs = services.start_series(
                owner,
                snapshot,
                recipe=recipe.name,
                base=policy,
                config=config.payload(),
                models=models.payload(),
                seeds=sent.series.cleaned_data["seeds"] or 1,
                shuffled=sent.series.cleaned_data.get("shuffled", False),
            )
            return jobs[0]
    except TouchstoneError as error:
        if any(str(detail.get("where", "")).startswith("models.") for detail in error.details):
            show_error(models, error)
            return None
        named = "location" if base.chosen() is None else "policy"
        show_error(base, error, dict.fromkeys(BASE_ERRORS, named))
        return None


BASE_ERRORS = (
    "base_model_not_found",
    "hub_unreachable",
    "artefact_missing",
    "policy_not_local",
    "wrong_model",
)
