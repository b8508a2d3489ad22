"""What a judging page shows of an assignment; names of models are not in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Prefetch
from django.utils.safestring import SafeString, mark_safe

from feedback.kinds import get_kind
from feedback.kinds.base import Kind, Settings
from feedback.models import Assignment, Completion, Item, ItemCompletion, Project
from feedback.rendering import to_html
from feedback.selectors.images import shown_media
from feedback.selectors.slots import slots_of

RENDERED = 512  # texts kept: each is asked for again by the annotators who share its item


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the prompt, as it was stored and as it is shown."""

    role: str
    content: str
    markdown: bool

    @property
    def html(self) -> SafeString:
        """As pages show it; made only there."""
        return _html(self.content, self.markdown)


@dataclass(frozen=True, slots=True)
class Shown:
    """One completion as it is shown: its place on the screen (from 1) and its stored index (from 0).

    `media` is None, or an image: `url`, and where they are known `alt`, `width` and `height`.
    """

    place: int
    index: int
    text: str
    markdown: bool
    media: Mapping[str, Any] | None

    @property
    def html(self) -> SafeString:
        """As pages show it; made only there."""
        return _html(self.text, self.markdown)


@dataclass(frozen=True, slots=True)
class AskedKind:
    """A kind that an item asks about, with the settings that it fixed, as the kind reads them."""

    kind: Kind[Any, Any]
    settings: Settings


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that a judging page may show of an assignment; model names are not in it."""

    assignment: Assignment
    messages: Sequence[Message]
    shown: Sequence[Shown]
    kinds: Sequence[AskedKind]

    @property
    def guidelines(self) -> str:
        """The project's, as the owner wrote them."""
        return self.assignment.item.project.guidelines

    @property
    def examples(self) -> list[ExampleShown]:
        """The project's examples; read only where a page shows them."""
        return examples_of(self.assignment.item.project)


@dataclass(frozen=True, slots=True)
class ExampleShown:
    """An item that the owner shows beside the guidelines, in stored order, with its lesson."""

    item: int
    messages: Sequence[Message]
    shown: Sequence[Shown]
    note: SafeString


def question(assignment: Assignment) -> Question:
    """The assignment as a question, completions in the order that its lease fixed."""
    item = assignment.item
    return Question(
        assignment=assignment,
        messages=_messages(item),
        shown=_shown(item, assignment.order),
        kinds=asked_kinds(item),
    )


def examples_of(project: Project) -> list[ExampleShown]:
    """The project's examples in the order in which they were chosen."""
    slots = Prefetch("item__slots", ItemCompletion.objects.select_related("completion"))
    rows = project.examples.filter(item__withdrawn_at=None).prefetch_related(slots)
    return [
        ExampleShown(
            item=row.item_id,
            messages=_messages(row.item),
            shown=_shown(row.item, None),
            note=_html(row.note, True),
        )
        for row in rows.select_related("item__prompt", "item__project")
    ]


def asked_kinds(item: Item) -> list[AskedKind]:
    """The kinds that an item asks, in order."""
    return [_asked(get_kind(k["kind"]), k.get("settings", {})) for k in item.kinds]


def _asked(kind: Kind[Any, Any], settings: Mapping[str, Any]) -> AskedKind:
    return AskedKind(kind, kind.settings_model.model_validate(settings))


def _messages(item: Item) -> list[Message]:
    markdown = item.project.markdown
    return [Message(m["role"], m["content"], markdown) for m in item.prompt.messages]


def _shown(item: Item, order: Sequence[int] | None) -> list[Shown]:
    completions = [slot.completion for slot in slots_of(item)]
    order = range(len(completions)) if order is None else order
    return list(_in_order(completions, order, item.project))


def _in_order(
    completions: Sequence[Completion], order: Sequence[int], project: Project
) -> Iterator[Shown]:
    for place, index in enumerate(order, start=1):
        completion = completions[index]
        media = shown_media(project, completion.media)
        yield Shown(place, index, completion.text, project.markdown, media)


@lru_cache(maxsize=RENDERED)
def _html(text: str, markdown: bool) -> SafeString:
    """Safe: `to_html` lets through only what can do no harm."""
    return mark_safe(to_html(text, markdown=markdown))  # noqa: S308 sanitised there
