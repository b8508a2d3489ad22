"""Known answers in imports: as columns or as an object, refused by line, exported again, and never evidence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from feedback import services
from feedback.imports import suggest_mapping
from feedback.models import Item, Project, User
from feedback.selectors import evidence_of
from tests.cast import ClientOf, freeze, judge, new_item
from tests.training.operations.test_import_and_freeze import imported, row
from training.selectors import snapshot_evidence

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS: dict[str, Any] = {
    "answers": {
        "pairwise": {"column": "known", "values": {"1": {"choice": "first"}, "none": None}}
    },
    "explanation": "{why}",
}
OBJECT = {"answers": {"pairwise": {"choice": "second"}}, "explanation": "B is right."}


def test_columns_make_gold(project: Project, owner: User) -> None:
    rows = [
        row(1, known=1, why="A is <right>."),
        row(2, known="none", why=""),
        row(3, known="", why="x"),
        row(4, known="1", why=""),
    ]
    job = imported(project, owner, rows, gold=COLUMNS)
    assert (job.result["created"], job.result["gold"], job.result["refused"]) == (4, 2, 0)
    golds = {i.external_id: i.gold for i in Item.objects.filter(gold__isnull=False)}
    assert golds.keys() == {"i1", "i4"}
    assert golds["i1"] is not None
    assert golds["i1"]["explanation"] == "A is <right>."
    assert golds["i1"]["answers"]["pairwise"]["choice"] == "first"
    assert set(Item.objects.values_list("external_id", "places")) == {
        ("i1", 0),
        ("i2", 1),
        ("i3", 1),
        ("i4", 0),
    }
    # The votes that stood in the file beside a known answer are no evidence.
    assert {record.context.item for record in evidence_of(project)} == set(
        Item.objects.filter(gold__isnull=True).values_list("pk", flat=True)
    )


def test_gold_needs_no_explanation(project: Project, owner: User) -> None:
    job = imported(project, owner, [row(1, known=1)], gold={"answers": COLUMNS["answers"]})
    assert (job.result["gold"], job.result["refused"]) == (1, 0)
    assert (Item.objects.get().gold or {})["explanation"] == ""


def test_bad_gold_is_refused_by_line(project: Project, owner: User) -> None:
    bad: list[Any] = [
        {"answers": {"pairwise": {"choice": "third"}}},
        {"answers": {"thumbs": {"thumbs": []}}},
        {"answers": {}},
        {"answers": OBJECT["answers"], "explanation": 3},
        {"answers": {"pairwise": "first"}},
        "first",
        {"answers": OBJECT["answers"], "explanation": "x" * 10_001},
    ]
    rows = [row(n, gold=one) for n, one in enumerate(bad)]
    job = imported(project, owner, [*rows, row(9, gold=None)], gold="gold")
    assert [(one["where"], one["code"]) for one in job.result["refusals"]] == [
        ("row 1", "invalid_answer"),
        ("row 2", "no_gold_answer"),
        ("row 3", "bad_gold"),
        ("row 4", "bad_gold"),
        ("row 5", "invalid_answer"),
        ("row 6", "bad_gold"),
        ("row 7", "too_long"),
    ]
    assert (job.result["created"], job.result["gold"]) == (1, 0)
    assert not Item.objects.filter(gold__isnull=False).exists()


def test_kinds_without_a_right_answer_are_refused(project: Project, owner: User) -> None:
    known = {"answers": {"demonstration": {"text": "Four."}}}
    mapping: dict[str, Any] = {
        "kinds": [{"kind": "demonstration"}],
        "judgments": [],
        "completions": [],
        "gold": "gold",
    }
    job = imported(project, owner, [row(1, gold=known)], **mapping)
    assert [one["code"] for one in job.result["refusals"]] == ["not_for_gold"]


def test_a_repeat_is_harmless_and_a_contradiction_refused(project: Project, owner: User) -> None:
    imported(project, owner, [row(1), row(2, gold=OBJECT)], gold="gold")
    again = imported(project, owner, [row(1), row(2, gold=json.dumps(OBJECT))], gold="gold")
    assert (again.result["same"], again.result["gold"]) == (2, 0)
    # What was stored without is gold from now on; what is gold stays what it is.
    other = {"answers": {"pairwise": {"choice": "tie"}}}
    late = imported(project, owner, [row(1, gold=OBJECT), row(2, gold=other)], gold="gold")
    assert late.result["gold"] == 1
    assert [(o["where"], o["code"]) for o in late.result["refusals"]] == [
        ("row 2", "gold_conflict")
    ]
    assert set(Item.objects.values_list("places", flat=True)) == {0}
    twice = [row(5), row(5, gold=OBJECT), row(5, gold=other)]
    job = imported(project, owner, twice, gold="gold")
    assert (job.result["gold"], job.result["refused"]) == (1, 1)
    made = Item.objects.get(external_id="i5")
    assert made.gold is not None
    assert made.gold["answers"]["pairwise"]["choice"] == "second"


def test_the_native_export_brings_gold_back(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    new_item(project, "Judged?")
    judge(project, owner)
    gold = new_item(project, "Known?")
    services.mark_gold(gold, OBJECT["answers"], "B is right.")  # type: ignore[arg-type]  # an object
    response = client_of(owner).get(reverse("project_export", args=[project.slug]))
    lines = [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]  # type: ignore[attr-defined]
    assert [line["record"] for line in lines] == ["comparison", "gold"]
    (line,) = lines[1:]
    assert line["gold"]["explanation"] == "B is right."
    other = services.create_project(owner=owner, name="Other", kinds=["pairwise"])
    guessed = suggest_mapping(list(line), [line])
    assert guessed["gold"] == "gold"
    job = imported(other, owner, [line], **{"judgments": [], "completions": [], **guessed})
    assert (job.result["created"], job.result["gold"]) == (1, 1), job.result
    again = Item.objects.get(project=other)
    gold.refresh_from_db()
    assert again.gold == gold.gold
    assert [c.label for c in again.completions.order_by("slots__index")] == ["model-a", "model-b"]
    # Golds train nothing: a snapshot has the judgment alone.
    snapshot = freeze(project, owner)
    assert len(list(snapshot_evidence(snapshot))) == 1
