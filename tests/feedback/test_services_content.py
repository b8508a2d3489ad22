"""Content is stored once, whole or not at all, by everybody's rules."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from feedback import services
from feedback.errors import Conflict, InvalidInput, TouchstoneError
from feedback.imports.base import ImportedCompletion, ImportedJudgment, ImportedRow
from feedback.models import Completion, Item, Judgment, Project, Prompt, User
from feedback.selectors import evidence_of
from tests.cast import new_item

ASK = [{"role": "user", "content": "Two and two?"}]


def imported(number: int = 1, **changes: Any) -> ImportedRow:
    """A row with a pair and one judgment."""
    fields: dict[str, Any] = {
        "messages": tuple(ASK),
        "completions": (ImportedCompletion("4", "a"), ImportedCompletion("5", "b")),
        "kinds": ({"kind": "pairwise"},),
        "judgments": (ImportedJudgment("pairwise", "ann", {"choice": "first"}),),
    }
    return ImportedRow(number=number, **{**fields, **changes})


def run_import(project: Project, *rows: ImportedRow) -> services.ImportCounts:
    """Import the rows; returns the counts."""
    counts = services.ImportCounts()
    services.import_rows(project, rows, counts)
    return counts


def test_equal_messages_are_one_prompt(project: Project) -> None:
    first, new = services.add_prompt(project, ASK, tags=["a"])
    again, more = services.add_prompt(project, ASK, external_id="")
    assert (new, more, again.pk) == (True, False, first.pk)
    named, _ = services.add_prompt(project, ASK, external_id="x")
    assert named.pk != first.pk
    assert services.add_prompt(project, ASK, external_id="x")[1] is False
    with pytest.raises(Conflict) as caught:
        services.add_prompt(project, [{"role": "user", "content": "Other"}], external_id="x")
    assert caught.value.code == "external_id_conflict"


def test_prompts_are_each_projects_own(project: Project, thumbs_project: Project) -> None:
    mine, _ = services.add_prompt(project, ASK, external_id="x")
    theirs, new = services.add_prompt(thumbs_project, ASK, external_id="x")
    assert new
    assert theirs.pk != mine.pk


@pytest.mark.django_db(transaction=True)
def test_one_prompt_under_threads(project: Project) -> None:
    def add(_: int) -> int:
        try:
            return services.add_prompt(project, ASK)[0].pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(add, range(16)))) == 1
    assert Prompt.objects.count() == 1


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([], "empty_prompt"),
        ([{"role": "user", "content": "  "}], "empty_prompt"),
        ([{"role": "wizard", "content": "x"}], "bad_messages"),
        ([{"role": "user"}], "not_text"),
        ([{"role": "user", "content": "\x00"}], "nul_character"),
        ([{"role": "user", "content": "x" * 200_001}], "too_long"),
        ("text", "empty_prompt"),
        ([3], "bad_messages"),
    ],
)
def test_wrong_messages(project: Project, messages: Any, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        services.add_prompt(project, messages)
    assert caught.value.code == code


def test_a_refused_item_leaves_nothing_and_stops_nobody(project: Project) -> None:
    good = services.NewItem(
        ASK, [services.NewCompletion("4"), services.NewCompletion("5")], ["pairwise"]
    )
    bad = services.NewItem(
        [{"role": "user", "content": "Bad?"}],
        [services.NewCompletion("4"), services.NewCompletion(" ")],
        ["pairwise"],
    )
    refused, created = services.add_items(project, [bad, good])
    assert (refused.status, created.status) == ("refused", "created")
    assert isinstance(refused.error, TouchstoneError)
    assert refused.error.code == "empty_completion"
    assert (Prompt.objects.count(), Completion.objects.count()) == (1, 2)


def test_an_item_keeps_its_kinds(project: Project, owner: User) -> None:
    item = new_item(project)
    services.update_project(project, kinds=["thumbs"], overlap=5)
    item.refresh_from_db()
    assert item.kinds == services.normalise_kinds(["pairwise"])
    assert item.overlap == 1


def test_reimport_stores_nothing_twice(project: Project) -> None:
    rows = [imported(1), imported(2, messages=({"role": "user", "content": "Else?"},))]
    first, again = run_import(project, *rows), run_import(project, *rows)
    assert (first.created, first.judgments, first.refused) == (2, 2, [])
    assert (again.created, again.same, again.judgments, again.judgments_same) == (0, 2, 0, 2)
    assert (Item.objects.count(), Judgment.objects.count()) == (2, 2)
    assert Completion.objects.count() == 4


def test_reimport_of_other_content_is_refused_by_number(project: Project) -> None:
    run_import(project, imported(1, item_id="i"))
    other = (ImportedCompletion("6"), ImportedCompletion("7"))
    counts = run_import(project, imported(7, item_id="i", completions=other))
    assert counts.refused[0]["where"] == "row 7"
    assert counts.refused[0]["code"] == "external_id_conflict"
    assert (Item.objects.count(), Completion.objects.count()) == (1, 2)


def test_reimport_of_another_answer_is_refused(project: Project) -> None:
    run_import(project, imported(1))
    changed = (ImportedJudgment("pairwise", "ann", {"choice": "second"}),)
    counts = run_import(project, imported(1, judgments=changed))
    assert counts.refused[0]["code"] == "key_conflict"
    assert Judgment.objects.get().answer["choice"] == "first"


def test_a_row_with_a_wrong_answer_leaves_nothing(project: Project) -> None:
    wrong = (ImportedJudgment("pairwise", "ann", {"choice": "third"}),)
    counts = run_import(project, imported(1, judgments=wrong), imported(2))
    assert [r["where"] for r in counts.refused] == ["row 1"]
    assert (counts.rows, counts.created) == (2, 1)
    assert (Prompt.objects.count(), Item.objects.count(), Judgment.objects.count()) == (1, 1, 1)


def test_a_new_annotator_adds_to_a_known_item(project: Project) -> None:
    run_import(project, imported(1))
    more = (ImportedJudgment("pairwise", "bob", {"choice": "tie"}),)
    counts = run_import(project, imported(1, judgments=more))
    assert (counts.same, counts.judgments) == (1, 1)
    assert {e.context.annotator for e in evidence_of(project)} == {"ann", "bob"}
    assert Item.objects.get().places == 1


def test_a_closed_import_asks_nobody(project: Project) -> None:
    run_import(project, imported(1, close=True))
    assert Item.objects.get().places == 0


def test_stored_completions_become_one_item_for_one_id(project: Project) -> None:
    item = new_item(project)
    pair = [slot.completion for slot in item.slots.all()]
    first = services.add_item_for(item.prompt, pair, ["pairwise"], item_id="x")
    assert services.add_item_for(item.prompt, pair, ["pairwise"], item_id="x").pk == first.pk
    with pytest.raises(Conflict):
        services.add_item_for(item.prompt, pair[::-1], ["pairwise"], item_id="x")
    other = new_item(project, "Other?").slots.get(index=0).completion
    with pytest.raises(InvalidInput) as caught:
        services.add_item_for(item.prompt, [pair[0], other], ["pairwise"])
    assert caught.value.code == "mixed_prompts"
