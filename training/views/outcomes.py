"""What a job was asked and what it made, in words, tables and links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from feedback.forms.schema import words
from training.models import Checkpoint, Job, Policy, Snapshot
from training.recipes import RECIPES
from training.views.checkpoints import duel_url
from training.views.evaluations import Evaluated, evaluated
from training.views.lineage import (
    config_rows,
    counted,
    learned_sentences,
    model_rows,
    round_sentences,
    row_sentences,
)
from training.views.series import Series, series_of

MOST_REFUSALS = 200


@dataclass(frozen=True, slots=True)
class Link:
    """Something that a job used or made."""

    what: str
    label: str
    url: str


@dataclass(slots=True)
class Shown:
    """What a job's page shows besides its progress."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    settings: list[tuple[str, str]] = field(default_factory=list)
    used: list[Link] = field(default_factory=list)
    made: list[Link] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    evaluated: Evaluated | None = None
    series: Series | None = None
    refusals: Sequence[Mapping[str, Any]] = ()
    refused: int = 0


def outcome_of(job: Job) -> Shown:
    """The job's parameters and result as its page shows them."""
    shown = Shown()
    shown.used, shown.made = _links(job, job.params), _links(job, job.result)
    if job.operation == "train_model":
        _training(job, shown)
    elif job.operation == "import_content":
        _import(job, shown)
    else:
        shown.asked = _plain(job.params)
        shown.sentences = [f"{label}: {value}" for label, value in _plain(job.result)]
    return shown


def _training(job: Job, shown: Shown) -> None:
    result = job.result
    name = str(job.params.get("recipe", ""))
    recipe = ("Recipe", RECIPES[name].label if name in RECIPES else name)
    shown.asked = [recipe, *model_rows(job)]
    if job.params.get("shuffled"):
        shown.asked.append(("Labels", "shuffled: what is measured here is chance"))
    shown.series = series_of(job)
    shown.settings = config_rows(result.get("config") or job.params.get("config") or {})
    if result.get("rows"):
        shown.sentences = [*row_sentences(result["rows"]), *result.get("warnings", ())]
    if result.get("evaluation"):
        shown.evaluated = evaluated(result["evaluation"])
    if "steps" in result:
        shown.sentences.append(f"{counted(result['steps'], 'step')} taken.")
    shown.sentences += learned_sentences(result.get("learned") or {})
    shown.sentences += round_sentences(result.get("rounds") or ())
    shown.sentences += result.get("unchecked", ())


def _import(job: Job, shown: Shown) -> None:
    result = job.result
    shown.asked = [(words(k), str(job.params.get(k, ""))) for k in ("filename", "format")]
    shown.settings = _plain(job.params.get("mapping") or {})
    if not result:
        return
    shown.sentences = [
        f"{counted(result['rows'], 'row')} read.",
        f"{result['created']} stored, {result['same']} there already.",
        f"{counted(result['judgments'], 'judgment')} stored, "
        f"{result['judgments_same']} there already.",
    ]
    if result.get("gold"):
        shown.sentences.append(f"{counted(result['gold'], 'item')} made gold.")
    shown.refused = result["refused"]
    shown.refusals = result["refusals"][:MOST_REFUSALS]


def _plain(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Numbers and short texts of a mapping; links stand for ids, and nested data is left to the API."""
    known = {"snapshot", "checkpoint", "policy", "policies", "base"}
    rows: list[tuple[str, str]] = []
    for name, value in body.items():
        if name in known or value in (None, "", [], {}):
            continue
        if isinstance(value, Mapping):
            rows += _plain(value)
        elif isinstance(value, list):
            rows.append((words(name), ", ".join(map(str, value[:20]))))
        else:
            rows.append((words(name), str(value)))
    return rows


def _links(job: Job, body: Mapping[str, Any]) -> list[Link]:
    """Rows that the ids in a job's parameters or result name, as far as they are there still."""
    if job.project is None:
        return []
    slug, links = job.project.slug, list[Link]()
    snapshot = Snapshot.objects.filter(project=job.project, pk=body.get("snapshot", 0)).first()
    if snapshot is not None:
        links.append(Link("Snapshot", str(snapshot), reverse("snapshot", args=[slug, snapshot.pk])))
    made = Checkpoint.objects.filter(project=job.project, pk=body.get("checkpoint", 0)).first()
    if made is not None:
        links.append(Link("Checkpoint", made.name, reverse("checkpoint", args=[slug, made.pk])))
        if made.policy_id is not None:
            links.append(Link("Next", "Sample it against its parent", duel_url(made)))
    ids = [body.get("base"), body.get("policy"), *(body.get("policies") or [])]
    for policy in Policy.objects.filter(pk__in=[pk for pk in ids if isinstance(pk, int)]):
        url = f"{reverse('sampling', args=[slug])}?first={policy.pk}"
        links.append(Link("Policy", policy.name, url))
    return links
