"""Imports and snapshots as jobs: what is stored, what is refused, and what a repeat does."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest

from feedback import services
from feedback.errors import InvalidInput
from feedback.evidence import RECORDS
from feedback.kinds import KINDS
from feedback.models import Completion, Item, Judgment, Project, Prompt, Source, User
from feedback.selectors import evidence_of
from tests.cast import freeze, new_item, usual_answers
from training.models import Job, Snapshot
from training.selectors import snapshot_evidence
from training.services import run_here, start_import, start_snapshot

pytestmark = pytest.mark.django_db(transaction=True)

MAPPING: dict[str, Any] = {
    "prompt": ["question"],
    "item_id": "id",
    "completions": [{"text": "a"}, {"text": "b"}],
    "kinds": [{"kind": "pairwise"}],
    "judgments": [
        {
            "kind": "pairwise",
            "annotator": "votes",
            "answer": {
                "column": "vote",
                "values": {
                    "1": {"choice": "first"},
                    "2": {"choice": "second"},
                    "0": {"choice": "tie"},
                },
            },
        }
    ],
}


def row(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"i{number}",
        "question": f"Question {number}?",
        "a": f"Answer A{number}.",
        "b": f"Answer B{number}.",
        "vote": 1 + number % 2,
        **fields,
    }


def imported(project: Project, owner: User, rows: Sequence[Any], **mapping: Any) -> Job:
    lines = [r if isinstance(r, str) else json.dumps(r) for r in rows]
    stream = io.BytesIO("\n".join(lines).encode())
    job = start_import(
        project, owner, stream, filename="votes.jsonl", mapping={**MAPPING, **mapping}
    )
    return run_here(job)


def test_rows_are_stored_and_bad_ones_refused_by_their_line(project: Project, owner: User) -> None:
    rows = [row(1), "{broken", row(2, a=""), row(3, vote=7), row(4, b=5), row(5)]
    job = imported(project, owner, rows)
    assert job.state == "done", job.error
    assert (job.result["rows"], job.result["created"], job.result["judgments"]) == (6, 2, 2)
    told = [(detail["where"], detail["code"]) for detail in job.result["refusals"]]
    assert told == [
        ("row 2", "bad_json"),
        ("row 3", "empty_completion"),
        ("row 4", "unknown_value"),
        ("row 5", "not_text"),
    ]
    assert set(Item.objects.values_list("external_id", flat=True)) == {"i1", "i5"}
    assert Prompt.objects.count() == 2  # nothing of a refused row is left behind


def test_a_repeat_stores_nothing_twice(project: Project, owner: User) -> None:
    rows = [row(1), row(2)]
    imported(project, owner, rows)
    again = imported(project, owner, rows).result
    assert (again["created"], again["same"], again["judgments_same"]) == (0, 2, 2)
    assert (Item.objects.count(), Completion.objects.count(), Judgment.objects.count()) == (2, 4, 2)


def test_the_same_id_with_other_content_is_refused(project: Project, owner: User) -> None:
    imported(project, owner, [row(1)])
    refused = imported(project, owner, [row(1, a="Something else."), row(2)]).result
    assert [d["code"] for d in refused["refusals"]] == ["external_id_conflict"]
    assert refused["created"] == 1
    changed = imported(project, owner, [row(1, vote=1)]).result
    assert [d["code"] for d in changed["refusals"]] == ["key_conflict"]


def test_equal_items_without_an_id_are_one_item(project: Project, owner: User) -> None:
    imported(project, owner, [row(1), row(1)], item_id=None)
    assert Item.objects.count() == 1
    assert Prompt.objects.count() == 1


def test_an_unknown_column_stops_the_import_before_it_is_queued(
    project: Project, owner: User
) -> None:
    with pytest.raises(InvalidInput) as refused:
        imported(project, owner, [row(1)], prompt=["quesion"])
    assert refused.value.code == "unknown_column"
    assert "quesion" in refused.value.message
    assert not Job.objects.exists()


def test_an_imported_item_stays_open_unless_the_import_closes_it(
    project: Project, owner: User
) -> None:
    imported(project, owner, [row(1)])
    imported(project, owner, [row(2)], close_items=True)
    places = dict(Item.objects.values_list("external_id", "places"))
    assert places == {"i1": 1, "i2": 0}


def test_equal_evidence_is_one_snapshot(project: Project, owner: User) -> None:
    imported(project, owner, [row(n) for n in range(20)])
    first = run_here(start_snapshot(project, owner, {"held_out": 0.2}))
    second = run_here(start_snapshot(project, owner, {"held_out": 0.2}))
    assert (first.result["new"], second.result["new"]) == (True, False)
    assert first.result["snapshot"] == second.result["snapshot"]
    imported(project, owner, [row(20)])
    third = run_here(start_snapshot(project, owner, {"held_out": 0.2}))
    assert third.result["digest"] != first.result["digest"]
    assert Snapshot.objects.count() == 2


def test_a_project_without_judgments_cannot_be_frozen(project: Project, owner: User) -> None:
    job = run_here(start_snapshot(project, owner, {}))
    assert (job.state, job.error["code"]) == ("failed", "no_evidence")
    assert "Judge" in job.error["hint"]


def test_a_snapshot_keeps_the_evidence_of_every_kind(project: Project, owner: User) -> None:
    for name in KINDS:
        project.kinds = services.normalise_kinds([name])
        item = new_item(project, f"For {name}?")
        services.submit_judgment(
            services.NewSubmission(
                item_id=item.pk,
                annotator=services.annotator_for(project, Source.IMPORT, "voice"),
                answers=usual_answers(item),
                key=name,
            )
        )
    snapshot = freeze(project, owner)
    found = list(snapshot_evidence(snapshot))
    assert {record.context.kind for record in found} == set(KINDS)
    judged = list(evidence_of(project))
    assert len(found) == len(judged)
    assert all(record in found for record in judged)
    counted = {name: snapshot.counts[name] for name in RECORDS}
    assert counted == {
        "comparison": 1,
        "ranking": 1,
        "verdict": 2,
        "score": 11,  # five aspects of two completions, and an amount
        "critique": 4,  # critiques and corrections
        "demonstration": 1,
    }
    assert snapshot.counts["comparison_decided"] == 2  # the pair, and that of the ranking
