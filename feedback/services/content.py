"""Writes about content: prompts, completions and items, one by one or by the thousand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from feedback.errors import Conflict, InvalidInput, TouchstoneError
from feedback.kinds import get_kind
from feedback.models import Completion, Item, ItemCompletion, Project, Prompt
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


@dataclass(frozen=True, slots=True)
class ContentOutcome:
    """What became of one NewItem: created, the same as before, or refused with the reason."""

    status: Literal["created", "same", "refused"]
    prompt: Prompt | None = None
    item: Item | None = None
    error: TouchstoneError | None = None


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
    rows = [_completion(prompt, completion) for completion in completions]
    return Completion.objects.bulk_create(rows)


def add_items(
    project: Project,
    items: Sequence[NewItem],
    *,
    overlap: int | None = None,
    blind: bool = False,
    closed: bool = False,
    reuse_equal: bool = False,
) -> list[ContentOutcome]:
    """Store items with their prompts and completions; each row by itself is stored whole or refused.

    With `reuse_equal` (imports) an item without an external id that equals a stored one is that one.
    """
    return [
        _try_add(project, item, overlap or project.overlap, blind, closed, reuse_equal)
        for item in items
    ]


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
    asked = _check_kinds(kinds, completions)
    if any(completion.prompt_id != prompt.pk for completion in completions):
        raise InvalidInput("An item's completions belong to its prompt.", code="mixed_prompts")
    digest = _item_digest(prompt, completions, asked)
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


def _completion(prompt: Prompt, new: NewCompletion) -> Completion:
    text = check_text(new.text, "completion")
    media = None if new.media is None else check_media(prompt.project, new.media)
    if not text.strip() and media is None:
        raise InvalidInput("A completion is empty.", code="empty_completion")
    return Completion(prompt=prompt, text=text, media=media, origin=dict(new.origin))


def _check_kinds(
    kinds: Sequence[Mapping[str, Any] | str], completions: Sequence[Completion | NewCompletion]
) -> list[dict[str, Any]]:
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
    if len({one["kind"] for one in asked}) < len(asked):
        raise InvalidInput("An item asks each kind once.", code="duplicate_kind")
    return asked


def _try_add(
    project: Project, new: NewItem, overlap: int, blind: bool, closed: bool, reuse_equal: bool
) -> ContentOutcome:
    try:
        with transaction.atomic():
            return _add(project, new, overlap, blind, closed, reuse_equal)
    except TouchstoneError as error:
        return ContentOutcome("refused", error=error)


def _add(
    project: Project, new: NewItem, overlap: int, blind: bool, closed: bool, reuse_equal: bool
) -> ContentOutcome:
    asked = _check_kinds(new.kinds, new.completions)
    prompt, new_prompt = add_prompt(project, new.messages, external_id=new.prompt_id, tags=new.tags)
    wanted = [_completion(prompt, completion) for completion in new.completions]
    digest = _item_digest(prompt, wanted, asked)
    known = _known_item(project, new, digest, reuse_equal)
    if known is not None:
        return ContentOutcome("same", prompt=prompt, item=known)
    completions = _stored_completions(prompt, wanted, reuse_equal)
    if not asked:
        return ContentOutcome("created" if new_prompt or completions else "same", prompt=prompt)
    item = _create_item(
        prompt,
        completions,
        asked,
        external_id=new.item_id,
        digest=digest,
        overlap=overlap,
        blind=blind,
        closed=closed,
    )
    return ContentOutcome("created", prompt=prompt, item=item)


def _known_item(project: Project, new: NewItem, digest: str, reuse_equal: bool) -> Item | None:
    if new.item_id is not None:
        return _same_id(project, new.item_id, digest)
    if not (reuse_equal and new.kinds):
        return None
    equal = Item.objects.filter(project=project, digest=digest)
    return equal.filter(external_id=None, withdrawn_at=None).first()


def _same_id(project: Project, item_id: str | None, digest: str) -> Item | None:
    """The item of that external id, which must ask the same. Raises Conflict."""
    if item_id is None:
        return None
    known = Item.objects.filter(project=project, external_id=item_id).first()
    if known is not None and known.digest != digest:
        raise external_id_conflict("item", item_id)
    return known


def _stored_completions(
    prompt: Prompt, wanted: Sequence[Completion], reuse_equal: bool
) -> list[Completion]:
    """The completions' rows in the order given; equal ones are reused only where asked."""
    known = {_said(c): c for c in prompt.completions.all()} if reuse_equal else {}
    fresh = [c for c in wanted if _said(c) not in known]
    Completion.objects.bulk_create(fresh)
    return [known.get(_said(c), c) for c in wanted]


def _said(completion: Completion) -> tuple[str, str, str]:
    """What makes completions of one prompt equal: text, label, and the image if there is one."""
    media = "" if completion.media is None else digest_of(completion.media)
    return completion.text, completion.label, media


def _item_digest(prompt: Prompt, completions: Sequence[Completion], asked: Sequence[Any]) -> str:
    said = [{**one, "settings": said_settings(one)} for one in asked]
    # An item of texts keeps the digest that it had before there were images.
    shown = [[c.text, c.label] + ([] if c.media is None else [c.media]) for c in completions]
    return digest_of([prompt.digest, prompt.external_id, shown, said])


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
