"""Content by the thousand: what is known of a batch is read at once, what is new is written at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from feedback.errors import InvalidInput, TouchstoneError
from feedback.media import DIGEST
from feedback.models import Completion, Image, Item, ItemCompletion, Project, Prompt
from feedback.services.bulk import ids_of, store_in_batches
from feedback.services.checks import check_messages
from feedback.services.content import (
    NewItem,
    check_kinds,
    digest_of,
    external_id_conflict,
    item_digest,
    new_completion,
)

Status = Literal["created", "same"]


@dataclass(frozen=True, slots=True)
class ContentOutcome:
    """What became of one NewItem: created, the same as before, or refused with the reason."""

    status: Literal["created", "same", "refused"]
    prompt: Prompt | None = None
    item: Item | None = None
    error: TouchstoneError | None = None


@dataclass(frozen=True, slots=True)
class ItemOptions:
    """How items are stored. With `reuse_equal` one without an external id that equals a stored one is that one."""

    overlap: int
    blind: bool = False
    reuse_equal: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row by itself: checked, and with its digests; `problem` is wrong with its completions."""

    new: NewItem
    asked: list[dict[str, Any]]
    messages: list[dict[str, str]]
    prompt_digest: str
    prompt_id: str | None
    wanted: list[Completion]
    digest: str
    problem: InvalidInput | None


@dataclass(frozen=True, slots=True)
class Planned:
    """A row among what is stored. Nothing of it is stored until it is kept and its batch is written.

    `completions` are those that its item asks about, in stored order; `fresh` those that are new.
    """

    outcome: ContentOutcome
    new_prompt: bool = False
    fresh: Sequence[Completion] = ()
    completions: Sequence[Completion] = ()


def add_items(
    project: Project,
    items: Sequence[NewItem],
    *,
    overlap: int | None = None,
    blind: bool = False,
    closed: bool = False,
    reuse_equal: bool = False,
) -> list[ContentOutcome]:
    """Store items with their prompts and completions; each row by itself is stored whole or refused."""
    options = ItemOptions(overlap or project.overlap, blind, reuse_equal)

    def store(rows: Sequence[NewItem]) -> list[ContentOutcome]:
        batch = ContentBatch(project, rows, options)
        outcomes = [_kept(batch, n, closed) for n in range(len(rows))]
        batch.write()
        return outcomes

    return list(store_in_batches(items, store))


def _kept(batch: ContentBatch, n: int, closed: bool) -> ContentOutcome:
    try:
        planned = batch.plan(n, closed)
    except TouchstoneError as error:
        return ContentOutcome("refused", error=error)
    batch.keep(planned)
    return planned.outcome


class ContentBatch:
    """Rows of one project that are stored together, each as if those before it were stored already.

    `plan` looks at one row and changes nothing; `keep` takes the plan up; `write` stores what was kept.
    """

    def __init__(self, project: Project, rows: Sequence[NewItem], options: ItemOptions) -> None:
        self._project, self._options = project, options
        images = _images(project, rows)
        self._rows = [_prepared(project, row, images) for row in rows]
        ready = [row for row in self._rows if isinstance(row, Prepared)]
        self._prompts = _known_prompts(project, ready)
        self._items = _known_items(project, ready, options)
        self._completions = _known_completions(self._prompts.values(), options)
        self._prompt_ids, self._item_ids = ids_of(Prompt, len(rows)), ids_of(Item, len(rows))
        self._completion_ids = ids_of(Completion, sum(len(row.completions) for row in rows))
        self._new: list[Planned] = []

    @property
    def known_items(self) -> list[Item]:
        """Items that were stored before, and that a row may turn out to be."""
        return list(self._items.values())

    def plan(self, n: int, closed: bool) -> Planned:
        """What row `n` amounts to; ask once. Raises InvalidInput, Conflict `external_id_conflict`."""
        row = self._rows[n]
        if isinstance(row, TouchstoneError):
            raise row
        prompt, new_prompt = self._prompt(row)
        if row.problem is not None:
            raise row.problem
        known = self._known_item(row)
        if known is not None:
            return Planned(ContentOutcome("same", prompt, known), new_prompt, (), row.wanted)
        completions, fresh = self._completions_of(row, prompt)
        if not row.asked:
            status: Status = "created" if new_prompt or completions else "same"
            return Planned(ContentOutcome(status, prompt), new_prompt, fresh)
        item = self._item(row, prompt, closed)
        return Planned(ContentOutcome("created", prompt, item), new_prompt, fresh, completions)

    def keep(self, planned: Planned) -> None:
        """Take the row up: it is written with the batch, and rows after it find it."""
        prompt, item = planned.outcome.prompt, planned.outcome.item
        self._new.append(planned)
        if prompt is not None:
            self._prompts[_name(prompt)] = prompt
        for completion in planned.fresh:
            self._completions[completion.prompt_id, _said(completion)] = completion
        if item is not None:
            self._items.setdefault(_name(item), item)

    def write(self) -> None:
        """Store what was kept; what has a unique name in its order, so that no two batches lock each other out."""
        new = self._new
        prompts = [p.outcome.prompt for p in new if p.outcome.prompt and p.new_prompt]
        Prompt.objects.bulk_create(sorted(prompts, key=_name))
        Completion.objects.bulk_create(completion for p in new for completion in p.fresh)
        created = [(p.outcome.item, p.completions) for p in new if p.outcome.status == "created"]
        items = {item: completions for item, completions in created if item is not None}
        Item.objects.bulk_create(sorted(items, key=_name))
        ItemCompletion.objects.bulk_create(
            ItemCompletion(item=item, completion=completion, index=n)
            for item, completions in items.items()
            for n, completion in enumerate(completions)
        )

    def _prompt(self, row: Prepared) -> tuple[Prompt, bool]:
        known = self._prompts.get(_name_of(row.prompt_id, row.prompt_digest))
        if known is not None:
            if known.digest != row.prompt_digest:
                raise external_id_conflict("prompt", str(row.prompt_id))
            return known, False
        prompt = Prompt(
            pk=next(self._prompt_ids),
            project=self._project,
            external_id=row.prompt_id,
            messages=row.messages,
            digest=row.prompt_digest,
            tags=list(row.new.tags),
        )
        return prompt, True

    def _known_item(self, row: Prepared) -> Item | None:
        item_id = row.new.item_id
        if item_id is None and not (self._options.reuse_equal and row.new.kinds):
            return None
        known = self._items.get(_name_of(item_id, row.digest))
        if known is not None and known.digest != row.digest:
            raise external_id_conflict("item", str(item_id))
        return known

    def _completions_of(
        self, row: Prepared, prompt: Prompt
    ) -> tuple[list[Completion], list[Completion]]:
        """The completions' rows in the order given, and those that are new; equal ones are reused where asked."""
        found, fresh = [], []
        for wanted in row.wanted:
            known = self._completions.get((prompt.pk, _said(wanted)))
            if known is None or not self._options.reuse_equal:
                wanted.pk, wanted.prompt = next(self._completion_ids), prompt
                fresh.append(wanted)
                known = wanted
            found.append(known)
        return found, fresh

    def _item(self, row: Prepared, prompt: Prompt, closed: bool) -> Item:
        options = self._options
        return Item(
            pk=next(self._item_ids),
            project=self._project,
            prompt=prompt,
            kinds=row.asked,
            external_id=row.new.item_id,
            digest=row.digest,
            overlap=options.overlap,
            places=0 if closed else options.overlap,
            blind=options.blind,
        )


Name = tuple[bool, str]


def _name_of(external_id: str | None, digest: str) -> Name:
    """Under which name a prompt or an item is known: its external id, or what it says."""
    return (True, digest) if external_id is None else (False, external_id)


def _name(row: Prompt | Item) -> Name:
    return _name_of(row.external_id, row.digest)


def _said(completion: Completion) -> tuple[str, str, str]:
    """What makes completions of one prompt equal: text, label, and the image if there is one."""
    media = "" if completion.media is None else digest_of(completion.media)
    return completion.text, completion.label, media


def _prepared(
    project: Project, new: NewItem, images: Mapping[str, Image]
) -> Prepared | TouchstoneError:
    """The row by itself, or why it is refused whatever is stored."""
    wanted: list[Completion] = []
    problem = None
    try:
        asked = check_kinds(new.kinds, new.completions)
        messages = check_messages(new.messages)
    except TouchstoneError as error:
        return error
    try:
        wanted = [new_completion(project, completion, images) for completion in new.completions]
    except InvalidInput as error:
        problem = error
    prompt_digest, prompt_id = digest_of(messages), new.prompt_id or None
    digest = item_digest(prompt_digest, prompt_id, wanted, asked)
    return Prepared(new, asked, messages, prompt_digest, prompt_id, wanted, digest, problem)


def _images(project: Project, rows: Sequence[NewItem]) -> dict[str, Image]:
    """The uploaded images that the rows name, by digest."""
    media = (completion.media for row in rows for completion in row.completions)
    said = (m.get("sha256") for m in media if isinstance(m, Mapping))
    digests = {text for text in said if isinstance(text, str) and DIGEST.fullmatch(text)}
    stored = Image.objects.filter(project=project, digest__in=digests) if digests else []
    return {image.digest: image for image in stored}


def _known_prompts(project: Project, rows: Sequence[Prepared]) -> dict[Name, Prompt]:
    ids = {row.prompt_id for row in rows} - {None}
    digests = {row.prompt_digest for row in rows if row.prompt_id is None}
    stored = Prompt.objects.filter(project=project)
    found = [*stored.filter(external_id__in=ids)] if ids else []
    found += stored.filter(external_id=None, digest__in=digests) if digests else []
    return {_name(prompt): prompt for prompt in found}


def _known_items(
    project: Project, rows: Sequence[Prepared], options: ItemOptions
) -> dict[Name, Item]:
    """By name; of equal items without an external id the oldest."""
    ids = {row.new.item_id for row in rows} - {None}
    digests = {row.digest for row in rows if row.new.item_id is None and options.reuse_equal}
    stored = Item.objects.filter(project=project)
    found = [*stored.filter(external_id__in=ids)] if ids else []
    equal = stored.filter(external_id=None, repeats=None, withdrawn_at=None, digest__in=digests)
    found += equal.order_by("-pk") if digests else []
    return {_name(item): item for item in found}


def _known_completions(
    prompts: Iterable[Prompt], options: ItemOptions
) -> dict[tuple[int, tuple[str, str, str]], Completion]:
    """By prompt and what they say; of equal ones the newest."""
    asked = [prompt.pk for prompt in prompts]
    if not (asked and options.reuse_equal):
        return {}
    stored = Completion.objects.filter(prompt__in=asked).order_by("pk")
    return {(completion.prompt_id, _said(completion)): completion for completion in stored}
