"""What an owner decides about the queue: its settings, groups of people, and whom an item is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F

from feedback.assignment import forget_cursors, keep_one_place, order_key_for
from feedback.errors import Conflict, InvalidInput
from feedback.models import Annotator, AnnotatorGroup, Item, Project
from feedback.ordering import NOW, QueueSettings

LONGEST_NAME = 100
MOST_PRIORITY = 1000


def queue_settings(project: Project) -> QueueSettings:
    """The project's, with the defaults of what was never set."""
    return QueueSettings.parse(project.queue)


def update_queue(project: Project, settings: Mapping[str, Any]) -> QueueSettings:
    """Replace the settings. Raises InvalidInput `invalid_queue`.

    Keys that are stored stay until they are worked out anew (the operation `order_items`).
    """
    parsed = QueueSettings.parse(settings)
    project.queue = parsed.model_dump(mode="json")
    project.save(update_fields=["queue"])
    return parsed


@transaction.atomic
def save_group(
    project: Project,
    name: str,
    annotators: Sequence[Annotator],
    group: AnnotatorGroup | None = None,
) -> AnnotatorGroup:
    """A new group, or another name and other members for one.

    Raises InvalidInput `invalid_name`, `unknown_annotator`, `not_a_person`, Conflict `group_exists`.
    """
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or "\x00" in name:
        raise InvalidInput("A group has a name of 1 to 100 characters.", code="invalid_name")
    if any(annotator.project_id != project.pk for annotator in annotators):
        raise InvalidInput("A group's members belong to its project.", code="unknown_annotator")
    for annotator in annotators:
        _require_user(annotator)
    named = AnnotatorGroup.objects.filter(project=project, name=name)
    if named.exclude(pk=group.pk if group else 0).exists():
        raise Conflict(f"There is a group '{name}' already.", code="group_exists")
    kept = group or AnnotatorGroup(project=project)
    kept.name = name
    kept.save()
    before = set(kept.annotators.values_list("pk", flat=True))
    kept.annotators.set(annotators)
    forget_cursors(*({annotator.pk for annotator in annotators} - before))
    return kept


def delete_group(group: AnnotatorGroup) -> None:
    """Raises Conflict `group_in_use` while items are restricted to it."""
    if group.items.filter(withdrawn_at=None).exists():
        raise Conflict(
            f"Items are restricted to '{group.name}'.",
            code="group_in_use",
            hint="Give them to everybody or to another group first.",
        )
    group.items.update(group=None)
    group.delete()


def change_item(item: Item, changes: Mapping[str, Any]) -> Item:
    """Change whom an item is for (`group`, `only_for`; None: everybody) and its `priority`.

    Who holds the item keeps it. For one person it has one free place at most, which stays so when it is for all
    again. Raises InvalidInput `unknown_annotator`, `not_a_person`, `invalid_priority`.
    """
    for name in ("group", "only_for"):
        if changes.get(name) is not None and changes[name].project_id != item.project_id:
            raise InvalidInput("The item is of another project.", code="unknown_annotator")
    if changes.get("only_for") is not None:
        _require_user(changes["only_for"])
    with transaction.atomic():
        locked = (
            Item.objects.select_for_update(of=("self",)).select_related("project").get(pk=item.pk)
        )
        if "priority" in changes and changes["priority"] != locked.priority:
            _move(locked, changes["priority"])
        fields = {name: changes[name] for name in ("group", "only_for") if name in changes}
        if fields:
            Item.objects.filter(pk=item.pk).update(**fields)
        if fields.get("only_for") is not None:
            keep_one_place(item.pk, fields["only_for"].pk)
    locked.refresh_from_db()
    return locked


def _require_user(annotator: Annotator) -> None:
    if annotator.user_id is None:
        raise InvalidInput(
            f"'{annotator}' has no account here and is never asked.",
            code="not_a_person",
            hint="Items can be given to people who judge here: not to judges, to imported names, to viewers "
            "of another application, or to who was erased.",
        )


def _move(item: Item, priority: int) -> None:
    """Another priority moves the item by the difference, so that the places taken stay counted."""
    if not -MOST_PRIORITY <= priority <= MOST_PRIORITY:
        raise InvalidInput(
            f"A priority is from -{MOST_PRIORITY} to {MOST_PRIORITY}.", code="invalid_priority"
        )
    settings = queue_settings(item.project)
    step = order_key_for(settings, priority) - order_key_for(settings, item.priority)
    if item.order_key <= NOW // 2:  # wanted at once, whatever its priority
        step = 0
    Item.objects.filter(pk=item.pk).update(priority=priority, order_key=F("order_key") + step)
