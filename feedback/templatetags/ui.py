"""Tags of every page: a project's tabs, what an answer means, and attributes that templates lack."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.template.context import RequestContext
from django.urls import NoReverseMatch, reverse

from feedback.models import Judgment, Project
from feedback.permissions import Ability, abilities
from feedback.selectors import describe_judgment

register = template.Library()


@dataclass(frozen=True, slots=True)
class Tab:
    """A place of a project: its label, its URL's name, who may go there, and what lies below it."""

    label: str
    name: str
    ability: Ability
    below: tuple[str, ...] = ()


TABS = (
    Tab("Overview", "project", Ability.JUDGE),
    Tab("Judge", "judge", Ability.JUDGE),
    Tab("Items", "items", Ability.VIEW, ("item",)),
    Tab("Import", "import", Ability.MANAGE, ("import_mapping",)),
    Tab("Snapshots", "snapshots", Ability.VIEW, ("snapshot", "train")),
    Tab("Checkpoints", "checkpoints", Ability.VIEW, ("checkpoint",)),
    Tab("Policies", "policies", Ability.VIEW),
    Tab("Sampling", "sampling", Ability.SAMPLE),
    Tab("Members", "project_members", Ability.MANAGE),
    Tab("Settings", "project_settings", Ability.MANAGE),
)


@register.inclusion_tag("components/project_nav.html", takes_context=True)
def project_nav(context: RequestContext, project: Project) -> dict[str, Any]:
    """The project's tabs that this user may open."""
    request = context["request"]
    held = abilities(request.user, project)
    here = request.resolver_match.url_name if request.resolver_match else ""
    return {"project": project, "links": list(_links(project, held, here))}


@register.simple_tag
def describe(judgment: Judgment) -> str:
    """A stored answer in a few words."""
    return describe_judgment(judgment)


@register.filter
def lookup(mapping: Mapping[str, Any] | None, key: Any) -> Any:
    """The mapping's value at a key that a template only knows by name; empty when there is none."""
    return (mapping or {}).get(str(key), "")


@register.filter
def as_json(value: Any) -> str:
    """The value as JSON, for attributes and text (it is escaped like any text)."""
    return json.dumps(value, ensure_ascii=False, default=str)


@register.filter
def pretty_json(value: Any) -> str:
    """The value as JSON that people can read."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _links(project: Project, held: frozenset[Ability], here: str) -> Iterator[dict[str, Any]]:
    for tab in TABS:
        if tab.ability not in held:
            continue
        try:
            url = reverse(tab.name, args=[project.slug])
        except NoReverseMatch:  # feedback runs without training's pages
            continue
        yield {"label": tab.label, "url": url, "current": here in (tab.name, *tab.below)}
