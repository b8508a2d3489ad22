"""Signals read: which there are in a project, and their numbers and vectors by completion or item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from feedback.models import Project, Signal

BATCH = 5000


def signals_of(project: Project) -> QuerySet[Signal]:
    """All signals about the project's items and completions."""
    about = Q(item__project=project) | Q(completion__prompt__project=project)
    return Signal.objects.filter(about)


def signal_names(project: Project) -> list[dict[str, Any]]:
    """`name`, `version`, `items`, `completions` and `newest` of each signal that the project has."""
    rows = signals_of(project).values("name", "version")
    counted = rows.annotate(
        items=Count("item"), completions=Count("completion"), newest=Max("created")
    )
    return [dict(row) for row in counted.order_by("name", "version")]


def newest_version(project: Project, name: str, *, about: str = "completion") -> str | None:
    """The version of the signal that was told last; None when there is none of that name."""
    rows = signals_of(project).filter(name=name).exclude(**{about: None})
    return rows.order_by("-pk").values_list("version", flat=True).first()


def completion_vectors(
    completions: Iterable[int], name: str, version: str
) -> dict[int, list[float]]:
    """The vectors of those of the completions that have one, all of one length."""
    return dict(_read(completions, "completion", name, version, "vector"))


def item_values(project: Project, name: str, version: str) -> Mapping[int, float]:
    """The numbers of the project's items that have one."""
    rows = Signal.objects.filter(item__project=project, name=name, version=version)
    found = rows.exclude(value=None).values_list("item", "value")
    return {pk: value for pk, value in found if pk is not None and value is not None}


def _read(
    pks: Iterable[int], about: str, name: str, version: str, field: str
) -> Iterable[tuple[int, Any]]:
    wanted = sorted(set(pks))
    for start in range(0, len(wanted), BATCH):
        part = wanted[start : start + BATCH]
        rows = Signal.objects.filter(name=name, version=version, **{f"{about}__in": part})
        yield from rows.exclude(**{field: None}).values_list(about, field)
