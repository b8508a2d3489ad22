"""Reads: projects, items, what a judging page shows, and judgments as evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Prefetch, QuerySet, Sum

from feedback.errors import NotFound
from feedback.evidence import Candidate, Context, Evidence
from feedback.kinds import get_kind
from feedback.kinds.base import Ask, Kind
from feedback.models import (
    Annotator,
    Assignment,
    Completion,
    Item,
    ItemCompletion,
    Judgment,
    Project,
    Prompt,
    Submission,
    User,
)
from feedback.permissions import Ability, abilities, require

BATCH = 1000


def projects_of(user: User | AnonymousUser) -> QuerySet[Project]:
    """Projects that the user may see; staff see all."""
    projects = Project.objects.filter(archived_at=None)
    if not user.is_authenticated:
        return projects.none()
    return projects if user.is_staff else projects.filter(memberships__user=user)


def get_project(user: User | AnonymousUser, slug: str, ability: Ability) -> Project:
    """The project, if the user may do that in it; raises NotFound or NotAllowed."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise NotFound("There is no such project, or you are not a member of it.")
    require(user, project, ability)
    return project


def live_judgments() -> QuerySet[Judgment]:
    """Judgments that count: neither withdrawn, nor erased, nor superseded."""
    return Judgment.objects.filter(
        withdrawn_at=None, erased_at=None, superseded_by=None, item__withdrawn_at=None
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a project is."""

    prompts: int
    items: int
    places: int
    submissions: int
    judgments: Mapping[str, int]


def project_progress(project: Project) -> Progress:
    """Counts of a project's content and judgments by kind."""
    items = Item.objects.filter(project=project, withdrawn_at=None)
    by_kind = live_judgments().filter(item__project=project).values_list("kind")
    return Progress(
        prompts=Prompt.objects.filter(project=project, withdrawn_at=None).count(),
        items=items.count(),
        places=items.aggregate(n=Sum("places"))["n"] or 0,
        submissions=Submission.objects.filter(item__project=project).count(),
        judgments=dict(by_kind.annotate(n=Count("pk")).order_by("kind")),
    )


def annotator_submissions(annotator: Annotator) -> int:
    """How many items the annotator has judged."""
    return Submission.objects.filter(annotator=annotator).count()


@dataclass(frozen=True, slots=True)
class Shown:
    """One completion as it is shown: its place on the screen (from 1) and its stored index (from 0)."""

    place: int
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class AskedKind:
    """A kind that an item asks about, with the settings that it fixed."""

    kind: Kind[Any, Any]
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that a judging page may show of an assignment; model names are not in it."""

    assignment: Assignment
    messages: Sequence[Mapping[str, str]]
    shown: Sequence[Shown]
    kinds: Sequence[AskedKind]
    guidelines: str


def question(assignment: Assignment) -> Question:
    """The assignment as a question, completions in the order that its lease fixed."""
    item = assignment.item
    texts = [slot.completion.text for slot in item.slots.select_related("completion")]
    shown = [Shown(n + 1, index, texts[index]) for n, index in enumerate(assignment.order)]
    return Question(
        assignment=assignment,
        messages=item.prompt.messages,
        shown=shown,
        kinds=asked_kinds(item),
        guidelines=item.project.guidelines,
    )


def asked_kinds(item: Item) -> list[AskedKind]:
    """The kinds that an item asks, in order."""
    return [AskedKind(get_kind(k["kind"]), k.get("settings", {})) for k in item.kinds]


def item_detail(project: Project, item_id: int) -> Item:
    """An item with its prompt and completions; raises NotFound."""
    item = items_of(project).filter(pk=item_id).first()
    if item is None:
        raise NotFound("There is no such item in this project.", code="unknown_item")
    return item


def get_item(user: User | AnonymousUser, pk: int, ability: Ability) -> Item:
    """An item, withdrawn ones too, if the user may do that in its project. Raises NotFound, NotAllowed."""
    item = Item.objects.select_related("project", "prompt").filter(pk=pk).first()
    if item is None or not abilities(user, item.project):
        raise NotFound("There is no such item, or you may not see it.", code="unknown_item")
    require(user, item.project, ability)
    return item


def get_assignment(user: User | AnonymousUser, pk: int) -> Assignment:
    """A lease of the user's own, whatever its state. Raises NotFound `unknown_assignment`, NotAllowed."""
    mine = Assignment.objects.select_related("item__project", "item__prompt", "annotator")
    assignment = mine.filter(pk=pk, annotator__user=user.pk).first() if user.pk else None
    if assignment is None:
        raise NotFound("There is no such assignment of yours.", code="unknown_assignment")
    require(user, assignment.item.project, Ability.JUDGE)
    return assignment


def names_shown(item: Item, user: User | AnonymousUser) -> bool:
    """Whether a user with VIEW may learn what wrote the item's completions.

    Blind items keep it from everybody until they have judged, or nobody is left who could.
    """
    if not item.blind:
        return True
    people = {j.annotator.user_id for j in item.judgments.all() if j.annotator.user_id}
    return user.pk in people or len(people) >= item.overlap


def items_of(project: Project) -> QuerySet[Item]:
    """Items with what lists show of them."""
    return (
        Item.objects.filter(project=project, withdrawn_at=None)
        .select_related("prompt")
        .prefetch_related(
            Prefetch("slots", ItemCompletion.objects.select_related("completion")),
            Prefetch("judgments", live_judgments().select_related("annotator__user")),
        )
    )


def describe_judgment(judgment: Judgment) -> str:
    """A stored answer in a few words."""
    kind = get_kind(judgment.kind)
    return kind.describe(stored_answer(judgment), ask_of(judgment.item, judgment.kind))


def stored_answer(judgment: Judgment) -> Any:
    """The answer as the kind's present version reads it."""
    kind = get_kind(judgment.kind)
    return kind.answer_model.model_validate(kind.upgrade(judgment.answer, judgment.kind_version))


def ask_of(item: Item, kind: str) -> Ask[Any]:
    """What the item asks of this kind: its completions in stored order and the settings it fixed."""
    settings: Mapping[str, Any] = next(
        (k.get("settings", {}) for k in item.kinds if k["kind"] == kind), {}
    )
    candidates = [_candidate(slot.completion) for slot in item.slots.all()]
    return get_kind(kind).ask(candidates, settings)


def evidence_of(project: Project) -> Iterator[Evidence]:
    """The project's judgments as evidence, streamed in the order of their ids, memory flat."""
    rows = (
        live_judgments()
        .filter(item__project=project)
        .select_related("annotator", "item__prompt")
        .prefetch_related(
            Prefetch("item__slots", ItemCompletion.objects.select_related("completion"))
        )
    )
    for judgment in rows.order_by("pk").iterator(chunk_size=BATCH):
        yield from judgment_evidence(judgment)


def judgment_evidence(judgment: Judgment) -> Iterator[Evidence]:
    """What one stored judgment amounts to."""
    ask = ask_of(judgment.item, judgment.kind)
    kind = get_kind(judgment.kind)
    yield from kind.evidence(stored_answer(judgment), ask, _context(judgment))


def _candidate(completion: Completion) -> Candidate:
    return Candidate(completion.pk, completion.text, completion.label, completion.media)


def _context(judgment: Judgment) -> Context:
    prompt = judgment.item.prompt
    return Context(
        judgment=judgment.pk,
        item=judgment.item_id,
        kind=judgment.kind,
        prompt=tuple(prompt.messages),
        tags=tuple(prompt.tags),
        annotator=judgment.annotator.pseudonym,
        source=judgment.annotator.source,
        created=judgment.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
