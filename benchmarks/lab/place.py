"""A world as a project of the product: items and signals stored, judgments through the bulk door, evidence frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.lab.people import Person, Says
from benchmarks.lab.world import World
from feedback.evidence import Evidence
from feedback.models import Item, Project, Source, User
from feedback.selectors.waiting import EMBEDDING
from feedback.services import (
    NewCompletion,
    NewItem,
    NewSubmission,
    add_items,
    annotator_for,
    create_project,
    submit_judgments,
)
from feedback.services.signals import NewSignal, store_signals
from training.models import Snapshot
from training.selectors import snapshot_evidence
from training.services import run_here, start_snapshot

VERSION = "world"


@dataclass(frozen=True, slots=True)
class Asked:
    """An item and what it is about: the world's prompt, and its candidates in stored order."""

    item: int
    prompt: int
    candidates: tuple[int, ...]


def owner() -> User:
    """The one account of the laboratory."""
    return User.objects.get_or_create(username="laboratory")[0]


def asked_items(
    world: World,
    slug: str,
    kind: Mapping[str, Any] | str,
    *,
    items: int,
    size: int,
    rng: np.random.Generator,
) -> tuple[Project, list[Asked]]:
    """A project with that many items about `size` answers each to prompts that may be judged."""
    project = create_project(owner=owner(), name=slug, slug=slug)
    plans = [
        (int(rng.integers(world.train)), tuple(map(int, rng.permutation(8)[:size])))
        for _ in range(items)
    ]
    new = [_new_item(world, prompt, candidates, kind) for prompt, candidates in plans]
    outcomes = add_items(project, new)
    asked = []
    for outcome, (prompt, candidates) in zip(outcomes, plans, strict=True):
        assert outcome.item is not None, outcome.error
        asked.append(Asked(outcome.item.pk, prompt, candidates))
    _store_features(world, project, asked)
    return project, asked


def judge(
    world: World,
    project: Project,
    asked: Sequence[Asked],
    people: Sequence[Person],
    says: Says,
    rng: np.random.Generator,
    *,
    each: int = 1,
    felt: np.ndarray[Any, Any] | None = None,
) -> None:
    """`each` people answer every item, through the one door; `felt` stands for the worth, if given."""
    worth = world.worth if felt is None else felt
    annotators = {p.name: annotator_for(project, Source.IMPORT, p.name) for p in people}
    news = []
    for one in asked:
        for n in rng.permutation(len(people))[:each]:
            person = people[int(n)]
            values = [float(worth[one.prompt, c]) for c in one.candidates]
            news.append(
                NewSubmission(
                    item_id=one.item,
                    annotator=annotators[person.name],
                    answers=says(person, values, rng),
                    key=f"{person.name}-{one.item}",
                )
            )
    for outcome in submit_judgments(news):
        assert outcome.error is None, outcome.error


def frozen(project: Project, **options: Any) -> list[Evidence]:
    """The project's evidence from a snapshot of everything, in the order in which it was given."""
    job = run_here(start_snapshot(project, owner(), {"held_out": 0, **options}))
    assert job.state == "done", job.error
    snapshot = Snapshot.objects.get(pk=job.result["snapshot"])
    return sorted(snapshot_evidence(snapshot), key=lambda record: record.context.judgment)


def _new_item(
    world: World, prompt: int, candidates: Iterable[int], kind: Mapping[str, Any] | str
) -> NewItem:
    return NewItem(
        messages=[{"role": "user", "content": world.question(prompt)}],
        completions=[NewCompletion(world.answer(prompt, c)) for c in candidates],
        kinds=[kind],
    )


def _store_features(world: World, project: Project, asked: Sequence[Asked]) -> None:
    """The answers' features as an embedding that a program stored."""
    slots: dict[int, list[int]] = {}
    rows = Item.objects.filter(project=project).order_by("pk", "slots__index")
    for item, completion in rows.values_list("pk", "slots__completion"):
        slots.setdefault(item, []).append(completion)
    signals = [
        NewSignal(completion=pk, vector=world.features[one.prompt, candidate].tolist())
        for one in asked
        for pk, candidate in zip(slots[one.item], one.candidates, strict=True)
    ]
    for start in range(0, len(signals), 5000):
        store_signals(project, EMBEDDING, VERSION, signals[start : start + 5000])
