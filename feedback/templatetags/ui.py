"""Tags of every page: a project's tabs, what an answer means, and attributes that templates lack."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import template
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse

from feedback.errors import TouchstoneError
from feedback.kinds import get_kind
from feedback.models import Judgment, Project
from feedback.permissions import Ability, abilities
from feedback.selectors import ask_of, describe_judgment, stored_answer

register = template.Library()


@dataclass(frozen=True, slots=True)
class Tab:
    """A place of a project: its label, its URL's name, who may go there, and what lies below it."""

    label: str
    name: str
    ability: Ability
    below: tuple[str, ...] = ()


# Groups of tabs; one with a single tab is that tab.
GROUPS: tuple[tuple[str, tuple[Tab, ...]], ...] = (
    ("Overview", (Tab("Overview", "project", Ability.JUDGE),)),
    ("Judge", (Tab("Judge", "judge", Ability.JUDGE, ("judge_last", "gate", "kind_session")),)),
    (
        "Data",
        (
            Tab("Items", "items", Ability.VIEW, ("item", "item_gold_anew")),
            Tab("Import", "import", Ability.MANAGE, ("import_mapping", "images")),
        ),
    ),
    (
        "Quality",
        (
            Tab("Report", "quality", Ability.VIEW, ("annotator",)),
            Tab("Review", "review", Ability.REVIEW, ("review_item", "review_anew")),
            Tab("Annotators", "annotators", Ability.MANAGE),
        ),
    ),
    (
        "Train",
        (
            Tab("Snapshots", "snapshots", Ability.VIEW, ("snapshot", "train")),
            Tab("Checkpoints", "checkpoints", Ability.VIEW, ("checkpoint",)),
            Tab("Policies", "policies", Ability.VIEW),
            Tab("Sampling", "sampling", Ability.SAMPLE),
        ),
    ),
    (
        "Settings",
        (
            Tab("Project", "project_settings", Ability.MANAGE),
            Tab("Queue", "queue", Ability.MANAGE),
            Tab("Members", "project_members", Ability.MANAGE),
        ),
    ),
)
REPORTED = "Quality"  # the group in which kinds have their reports


@register.inclusion_tag("components/project_nav.html", takes_context=True)
def project_nav(context: RequestContext, project: Project) -> dict[str, Any]:
    """The groups of tabs that this user may open, and the tabs of the one that is open."""
    request = context["request"]
    held = abilities(request.user, project)
    here = request.resolver_match.url_name if request.resolver_match else ""
    groups: list[dict[str, Any]] = []
    for label, tabs in GROUPS:
        links = list(_links(project, held, here, tabs))
        if label == REPORTED:
            links += _reports(project, held, request.path)
        if links:
            current = any(link["current"] for link in links)
            groups.append({"label": label, "links": links, "current": current})
    opened: list[dict[str, Any]] = next((one["links"] for one in groups if one["current"]), [])
    return {
        "project": project,
        "groups": groups,
        "opened": opened if len(opened) > 1 else [],
        "links": [link for one in groups for link in one["links"]],
    }


@register.simple_tag
def answer_summary(judgment: Judgment) -> str:
    """A stored answer as its kind's summary shows it."""
    context = {
        "answer": stored_answer(judgment),
        "ask": ask_of(judgment.item, judgment.kind),
        "outcome": judgment.outcome,
        "in_words": describe_judgment(judgment),
    }
    return render_to_string(f"feedback/kinds/{judgment.kind}/summary.html", context)


@register.filter
def in_words(judgment: Judgment) -> str:
    """A stored answer in a few words."""
    return describe_judgment(judgment)


@register.simple_tag
def kind_script(kind: str) -> str:
    """The address of the module that makes the kind's form work by keyboard."""
    return static(f"kinds/{kind}.js")


@register.simple_tag
def at(value: Any, *path: Any) -> Any:
    """What lies at the path in nested objects and lists; empty where the path ends early.

    Drafts may hold anything at any place, so nothing is taken for granted of what is met on the way.
    """
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(str(step), "")
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return ""
    return value


@register.filter
def lookup(value: Any, key: Any) -> Any:
    """The same with one step, for use inside other tags."""
    return at(value, key)


@register.filter
def untold(error: Any) -> list[Mapping[str, Any]]:
    """The details of an error (or of a job's, as JSON) that its message does not tell already."""
    body = error.as_json() if isinstance(error, TouchstoneError) else error
    return [one for one in at(body, "details") or [] if one["message"] not in body["message"]]


@register.filter
def letter(place: int) -> str:
    """A, B, C ...: how the completion at that place (from 1) is called on the screen."""
    return chr(ord("A") + (place - 1) % 26)


@register.filter
def as_json(value: Any) -> str:
    """The value as JSON, for attributes and text (it is escaped like any text)."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _links(
    project: Project, held: frozenset[Ability], here: str, tabs: Sequence[Tab]
) -> Iterator[dict[str, Any]]:
    for tab in tabs:
        if tab.ability not in held:
            continue
        try:
            url = reverse(tab.name, args=[project.slug])
        except NoReverseMatch:  # feedback runs without training's pages
            continue
        yield {"label": tab.label, "url": url, "current": here in (tab.name, *tab.below)}


def _reports(project: Project, held: frozenset[Ability], path: str) -> Iterator[dict[str, Any]]:
    """One place for each kind with a report that new items ask."""
    kinds = [get_kind(asked["kind"]) for asked in project.kinds] if Ability.VIEW in held else []
    for kind in kinds:
        if kind.reported:
            url = reverse("kind_report", args=[project.slug, kind.name])
            yield {"label": f"{kind.label} report", "url": url, "current": url == path}
