"""Writes about content, one by one: prompts, completions and items; and what holds for each of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from feedback.errors import Conflict, InvalidInput
from feedback.kinds import get_kind
from feedback.models import Completion, Image, Item, ItemCompletion, Project, Prompt
from feedback.services.checks import check_media, check_messages, check_text
from feedback.services.projects import normalise_kinds, said_settings


@dataclass(frozen=True, slots=True)
class NewCompletion:
    """A completion to store: text, an image, or both; `origin` is plain data: `{"label": "model-a"}`."""

    text: str
    origin: Mapping[str, Any] = field(default_factory=dict)
    media: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to store, or content alone when it asks no kinds."""

    messages: Sequence[Mapping[str, str]]
    completions: Sequence[NewCompletion] = ()
    kinds: Sequence[Mapping[str, Any] | str] = ()
    prompt_id: str | None = None
    item_id: str | None = None
    tags: Sequence[str] = ()


def digest_of(value: Any) -> str:
    """SHA-256 of the value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def add_prompt(
    project: Project,
    messages: Sequence[Mapping[str, str]],
    *,
    external_id: str | None = None,
    tags: Sequence[str] = (),
) -> tuple[Prompt, bool]:
    """The prompt and whether it is new. Raises Conflict `external_id_conflict`, InvalidInput."""
    clean = check_messages(messages)
    digest = digest_of(clean)
    external_id = external_id or None
    prompt, new = Prompt.objects.get_or_create(
        project=project,
        external_id=external_id,
        **({} if external_id else {"digest": digest}),
        defaults={"messages": clean, "digest": digest, "tags": list(tags)},
    )
    if prompt.digest != digest:
        raise external_id_conflict("prompt", str(external_id))
    return prompt, new


def add_completions(prompt: Prompt, completions: Sequence[NewCompletion]) -> list[Completion]:
    """New completions of a prompt, even where equal texts exist: each is a sample of its own."""
    rows = [new_completion(prompt.project, completion) for completion in completions]
    for row in rows:
        row.prompt = prompt
    return Completion.objects.bulk_create(rows)


def add_item_for(
    prompt: Prompt,
    completions: Sequence[Completion],
    kinds: Sequence[Mapping[str, Any] | str],
    *,
    item_id: str | None = None,
    overlap: int | None = None,
    blind: bool = False,
    closed: bool = False,
    order_key: int = 0,
) -> Item:
    """An item about stored completions of one prompt; with an `item_id` that is known, the known one.

    Items with a lower `order_key` are given out first.
    Raises InvalidInput, Conflict `external_id_conflict`.
    """
    asked = check_kinds(kinds, completions)
    if any(completion.prompt_id != prompt.pk for completion in completions):
        raise InvalidInput("An item's completions belong to its prompt.", code="mixed_prompts")
    digest = item_digest(prompt.digest, prompt.external_id, completions, asked)
    known = _same_id(prompt.project, item_id, digest)
    if known is not None:
        return known
    return _create_item(
        prompt,
        completions,
        asked,
        external_id=item_id,
        digest=digest,
        overlap=overlap or prompt.project.overlap,
        blind=blind,
        closed=closed,
        order_key=order_key,
    )


def withdraw_item(item: Item) -> None:
    """Take an item out of the queue and its judgments out of reads; nothing is deleted."""
    Item.objects.filter(pk=item.pk, withdrawn_at=None).update(withdrawn_at=timezone.now())


def external_id_conflict(what: str, external_id: str) -> Conflict:
    """The error for an external id that stands for other content already."""
    return Conflict(
        f"The {what} '{external_id}' exists with other content.",
        code="external_id_conflict",
        hint="Use another external id, or leave it out.",
    )


def new_completion(
    project: Project, new: NewCompletion, images: Mapping[str, Image] | None = None
) -> Completion:
    """A completion that is not stored yet and has no prompt; `images` are the project's by digest, where known.

    Raises InvalidInput.
    """
    text = check_text(new.text, "completion")
    media = None if new.media is None else check_media(project, new.media, images)
    if not text.strip() and media is None:
        raise InvalidInput("A completion is empty.", code="empty_completion")
    return Completion(text=text, media=media, origin=dict(new.origin))


def check_kinds(
    kinds: Sequence[Mapping[str, Any] | str], completions: Sequence[Completion | NewCompletion]
) -> list[dict[str, Any]]:
    """Kinds as the item stores them. Raises InvalidInput where one does not suit the completions."""
    asked = normalise_kinds(kinds)
    images = [n for n, c in enumerate(completions) if c.media is not None and not c.text.strip()]
    for one in asked:
        kind = get_kind(one["kind"])
        problem = kind.completions_problem(len(completions))
        if problem:
            raise InvalidInput(problem, code="wrong_number_of_completions")
        if images and not kind.images:
            raise InvalidInput(
                f"{kind.label} is about text, and completion {images[0]} is only an image.",
                code="image_not_suited",
                hint="Ask another kind about it, or give the completion a text too.",
            )
    return asked


def _same_id(project: Project, item_id: str | None, digest: str) -> Item | None:
    """The item of that external id, which must ask the same. Raises Conflict."""
    if item_id is None:
        return None
    known = Item.objects.filter(project=project, external_id=item_id).first()
    if known is not None and known.digest != digest:
        raise external_id_conflict("item", item_id)
    return known


def item_digest(
    prompt_digest: str,
    prompt_id: str | None,
    completions: Sequence[Completion],
    asked: Sequence[Any],
) -> str:
    """SHA-256 of what an item asks."""
    said = [{**one, "settings": said_settings(one)} for one in asked]
    # An item of texts keeps the digest that it had before there were images.
    shown = [[c.text, c.label] + ([] if c.media is None else [c.media]) for c in completions]
    return digest_of([prompt_digest, prompt_id, shown, said])


def _create_item(
    prompt: Prompt,
    completions: Sequence[Completion],
    asked: list[dict[str, Any]],
    *,
    overlap: int,
    closed: bool,
    **fields: Any,
) -> Item:
    places = 0 if closed else overlap
    item = Item.objects.create(
        project_id=prompt.project_id,
        prompt=prompt,
        kinds=asked,
        overlap=overlap,
        places=places,
        **fields,
    )
    slots = [ItemCompletion(item=item, completion=c, index=n) for n, c in enumerate(completions)]
    ItemCompletion.objects.bulk_create(slots)
    return item
