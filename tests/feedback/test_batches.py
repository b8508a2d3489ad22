"""Rows stored together become what the same rows become one by one, whatever they are."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from feedback import services
from feedback.errors import TouchstoneError
from feedback.imports.base import ImportedCompletion, ImportedJudgment, ImportedRow
from feedback.models import (
    Annotator,
    Completion,
    Item,
    ItemCompletion,
    Judgment,
    Project,
    Prompt,
    Source,
    Submission,
)
from feedback.services import bulk
from tests.cast import new_item

NewProject = Callable[[], Project]


@pytest.fixture
def new_project(owner: Any) -> NewProject:
    """Another empty project with every call."""
    return lambda: services.create_project(owner=owner, name="Twin", overlap=2)


def a_row(number: int, chance: random.Random) -> ImportedRow:
    """A row from so few pieces that many are equal, clash or are wrong."""
    texts = chance.choices(["yes", "no", "perhaps", " "], weights=[9, 9, 3, 1], k=2)
    media = {"type": "image", "url": "https://images.example/a.png"}
    kinds = chance.choice(
        [["pairwise"], ["pairwise"], ["pairwise", "thumbs"], ["pairwise"] * 2, []]
    )
    return ImportedRow(
        number=number,
        messages=({"role": "user", "content": chance.choice(["a?", "b?", "b?", " "])},),
        prompt_id=chance.choice([None, None, "p", "q"]),
        item_id=chance.choice([None, None, None, "i", "j"]),
        tags=(chance.choice("xy"),),
        completions=tuple(
            ImportedCompletion(
                text, chance.choice(["", "m"]), media=chance.choice([None, None, None, media])
            )
            for text in texts
        ),
        kinds=tuple({"kind": kind} for kind in kinds),
        judgments=tuple(
            ImportedJudgment(kind, name, an_answer(kind, chance))
            for name in chance.sample(["ann", "bob", "cleo"], chance.randrange(3))
            for kind in dict.fromkeys(kinds)
        ),
        close=chance.random() < 0.3,
    )


def an_answer(kind: str, chance: random.Random) -> dict[str, Any]:
    """Mostly one that fits."""
    if kind == "thumbs":
        return {"thumbs": [{"completion": n, "desirable": chance.random() < 0.9} for n in (0, 1)]}
    return {"choice": chance.choices(["first", "tie", "third"], weights=[8, 3, 1])[0]}


def contents(project: Project) -> dict[str, Any]:
    """Everything stored of a project in the order of its ids, without the ids."""
    items = list(Item.objects.filter(project=project).order_by("pk"))
    place = {item.pk: n for n, item in enumerate(items)}
    return {
        "prompts": list(
            Prompt.objects.filter(project=project)
            .order_by("pk")
            .values_list("external_id", "digest", "tags", "messages")
        ),
        "completions": list(
            Completion.objects.filter(prompt__project=project)
            .order_by("pk")
            .values_list("text", "origin", "media", "prompt__digest", "prompt__external_id")
        ),
        "items": [(i.external_id, i.digest, i.overlap, i.places, i.kinds) for i in items],
        "slots": sorted(
            (place[slot.item_id], slot.index, slot.completion.text, slot.completion.label)
            for slot in ItemCompletion.objects.filter(item__in=items).select_related("completion")
        ),
        "annotators": sorted(
            Annotator.objects.filter(project=project).values_list("name", "source")
        ),
        "judgments": sorted(
            (place[j.item_id], j.annotator.name, j.kind, str(j.answer), j.submission.lead_time or 0)
            for j in Judgment.objects.filter(item__in=items).select_related(
                "annotator", "submission"
            )
        ),
    }


@pytest.mark.parametrize("seed", range(12))
def test_a_batch_is_as_its_rows_one_by_one(new_project: NewProject, seed: int) -> None:
    chance = random.Random(seed)
    rows = [a_row(number, chance) for number in range(1, 61)]
    together, apart = services.ImportCounts(), services.ImportCounts()
    one, other = new_project(), new_project()
    for start in (0, 20):  # the second file repeats a good part of the first
        services.import_rows(one, rows[start : start + 40], together)
        for row in rows[start : start + 40]:
            services.import_rows(other, [row], apart)
    assert together == apart
    assert contents(one) == contents(other)
    assert together.refused, "the mixture is meant to hold rows that do not fit"
    assert together.created > 5 < together.judgments_same + together.judgments


def test_submissions_of_judges_together_and_apart(new_project: NewProject) -> None:
    chance = random.Random(7)
    found = []
    for size in (1000, 1):
        project, chance = new_project(), random.Random(7)
        items = [new_item(project, f"Number {n}?") for n in range(4)]
        services.withdraw_item(items[3])
        judges = [services.annotator_for(project, Source.JUDGE, name) for name in "ab"]
        news = [
            services.NewSubmission(
                chance.choice([*(item.pk for item in items), 10**12]),
                chance.choice(judges),
                chance.choice([{"pairwise": an_answer("pairwise", chance)}, {}, {"thumbs": {}}]),
                chance.choice(["k", "l", "m", "n", "", "x" * 101]),
                lead_time=chance.choice([None, 3.0, -1.0]),
            )
            for _ in range(120)
        ]
        outcomes = [
            o for n in range(0, 120, size) for o in services.submit_judgments(news[n : n + size])
        ]
        found.append(([(o.status, o.error and o.error.code) for o in outcomes], contents(project)))
        stored = [o.submission.pk for o in outcomes if o.submission is not None]
        assert Submission.objects.filter(pk__in=stored).count() == len(set(stored))
    assert found[0] == found[1]
    assert {status for status, _ in found[0][0]} == {"created", "same", "refused"}


def test_what_the_database_refuses_together_is_stored_one_by_one(project: Project) -> None:
    """As when another import has stored a row meanwhile."""
    sizes = []

    def store(rows: Any) -> list[str]:
        sizes.append(len(rows))
        if "taken" in rows and sizes.count(1) < 3:
            raise IntegrityError("duplicate key")
        return [f"stored {row}" for row in rows]

    outcomes = list(bulk.store_in_batches(["a", "taken", "b"], store))
    assert outcomes == ["stored a", "stored taken", "stored b"]
    assert sizes == [3, 1, 1, 1, 1]


def test_rows_are_read_as_they_are_stored(project: Project, monkeypatch: Any) -> None:
    """Memory stays flat: no more than one batch is taken from the file ahead of what is stored."""
    chance, ahead = random.Random(1), []
    monkeypatch.setattr(bulk, "BATCH", 5)
    counts = services.ImportCounts()

    def rows() -> Any:
        for number in range(1, 23):
            ahead.append(number - 1 - counts.rows)
            yield a_row(number, chance)

    services.import_rows(project, rows(), counts)
    assert counts.rows == 22
    assert max(ahead) < 5


def test_a_batch_costs_few_queries(project: Project, django_assert_max_num_queries: Any) -> None:
    rows = [
        ImportedRow(
            number=n,
            messages=({"role": "user", "content": f"Question {n}?"},),
            completions=(ImportedCompletion("a"), ImportedCompletion("b")),
            kinds=({"kind": "pairwise"},),
            judgments=(ImportedJudgment("pairwise", "ann", {"choice": "first"}),),
        )
        for n in range(bulk.BATCH)
    ]
    with django_assert_max_num_queries(25):
        services.import_rows(project, rows, counts := services.ImportCounts())
    assert (counts.created, counts.judgments) == (bulk.BATCH, bulk.BATCH)


def test_errors_of_a_batch_are_told_of_each_row(project: Project) -> None:
    good = services.NewItem(
        [{"role": "user", "content": "Hm?"}], [services.NewCompletion("a")], ["thumbs"]
    )
    bad = services.NewItem([{"role": "user", "content": "Hm?"}], [], ["thumbs"])
    outcomes = services.add_items(project, [good, bad, good])
    assert [o.status for o in outcomes] == ["created", "refused", "created"]
    assert isinstance(outcomes[1].error, TouchstoneError)
    assert outcomes[0].item != outcomes[2].item
