"""Reads about completions in use: one by its id, what a viewer said of it, how often each was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count
from django.db.models.fields.json import KeyTextTransform

from feedback.errors import NotFound
from feedback.kinds import get_kind
from feedback.kinds.base import Settings
from feedback.models import Annotator, Completion, Impression, Item, Judgment, Project, User
from feedback.permissions import Ability, abilities, require
from feedback.selectors.judgments import live_judgments
from feedback.selectors.rounds import IN_USE

KIND = "thumbs"


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a viewer says of a completion now."""

    judgment: Judgment
    desirable: bool
    tags: tuple[str, ...]
    reason: str


def get_completion(user: User | AnonymousUser, pk: int, ability: Ability) -> Completion:
    """A completion, if the user may do that in its project. Raises NotFound, NotAllowed."""
    rows = Completion.objects.select_related("prompt__project")
    completion = rows.filter(pk=pk).first()
    if completion is None or not abilities(user, completion.prompt.project):
        raise NotFound("There is no such completion, or you may not see it.", code="no_completion")
    require(user, completion.prompt.project, ability)
    return completion


def item_in_use(completion: Completion) -> Item | None:
    """The item that holds the reactions to a completion, if there was one."""
    name = f"{IN_USE}{completion.pk}"
    items = Item.objects.filter(project=completion.prompt.project_id, external_id=name)
    return items.filter(slots__completion=completion).first()


def reaction_of(completion: Completion, annotator: Annotator) -> Reaction | None:
    """The reaction of theirs that counts."""
    name = f"{IN_USE}{completion.pk}"
    standing = live_judgments().filter(annotator=annotator, kind=KIND, item__external_id=name)
    judgment = standing.select_related("submission").order_by("-pk").first()
    if judgment is None:
        return None
    kind = get_kind(KIND)
    answer = kind.upgrade(judgment.answer, judgment.kind_version)
    (thumb,) = kind.answer_model.model_validate(answer).thumbs
    return Reaction(judgment, thumb.desirable, tuple(thumb.tags), thumb.reason)


def reaction_settings(completion: Completion) -> Settings:
    """Which tags are offered: those that the item fixed, or the project's where there is none yet."""
    item = item_in_use(completion)
    asked = completion.prompt.project.kinds if item is None else item.kinds
    stored: Mapping[str, Any] = next((one for one in asked if one["kind"] == KIND), {})
    model: type[Settings] = get_kind(KIND).settings_model
    return model.model_validate(stored.get("settings", {}))


def impressions_of(completion: Completion) -> int:
    """How often it was shown."""
    return Impression.objects.filter(completion=completion).count()


def impressions_by_label(project: Project) -> Mapping[str, int]:
    """How often completions of each label were shown to somebody who could react."""
    shown = Impression.objects.filter(completion__prompt__project=project)
    label = KeyTextTransform("label", "completion__origin")
    counted = shown.annotate(label=label).values_list("label").annotate(n=Count("pk")).order_by()
    return {label or "": n for label, n in counted}
