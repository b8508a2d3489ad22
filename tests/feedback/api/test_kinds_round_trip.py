"""Each kind over REST and back: asked, taken, answered, listed, exported, and read as evidence again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from feedback.evidence import Evidence, from_json
from feedback.kinds import KINDS
from feedback.models import Item, Judgment, Project, Submission, User
from feedback.selectors import evidence_of
from tests.cast import ApiOf, usual_answer

TEXTS = ("It is 👍 four.", "It is five.")
# A program answers no questions about the rules first.
UNGATED = {"willingness_to_pay": {"gate": False}}


@pytest.fixture
def manager(owner: User, api_of: ApiOf) -> APIClient:
    """The owner's program."""
    return api_of(owner)


@pytest.fixture
def judge(annotator: User, api_of: ApiOf) -> APIClient:
    """The annotator's program."""
    return api_of(annotator)


def add_item(manager: APIClient, project: Project, *kinds: dict[str, Any]) -> Item:
    """An item about the texts that asks these kinds."""
    body = {
        "prompt": "What is two and two?",
        "completions": [{"text": text, "label": text[-5:]} for text in TEXTS],
        "kinds": kinds,
    }
    made = manager.post(f"/api/v1/projects/{project.slug}/items/", body)
    assert made.status_code == 201, made.content
    return Item.objects.get(pk=made.json()["id"])


def take(judge: APIClient, project: Project) -> dict[str, Any]:
    """The next item, as a program gets it."""
    taken = judge.post(f"/api/v1/projects/{project.slug}/next/")
    assert taken.status_code == 200, taken.content
    return dict(taken.json())


def submit(judge: APIClient, taken: dict[str, Any], answers: dict[str, Any]) -> Any:
    """Answer the item that was taken."""
    body = {"assignment": taken["assignment"]["id"], "key": "k", "answers": answers}
    return judge.post(f"/api/v1/items/{taken['item']['id']}/judgments/", body)


def fitting(taken: dict[str, Any]) -> dict[str, Any]:
    """An answer to everything asked, made of nothing but what the program was told."""
    asked = taken["item"]["kinds"]
    return {one["kind"]: usual_answer(one["kind"], TEXTS, one["settings"]) for one in asked}


def exported(manager: APIClient, project: Project) -> list[Evidence]:
    """The project's evidence, read from its export."""
    answer = manager.get(f"/api/v1/projects/{project.slug}/export/", {"format": "native"})
    assert answer.status_code == 200
    lines = b"".join(answer.streaming_content).splitlines()  # type: ignore[attr-defined]
    return [from_json(json.loads(line)) for line in lines]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_goes_round(
    kind: str, project: Project, manager: APIClient, judge: APIClient
) -> None:
    add_item(manager, project, {"kind": kind, "settings": UNGATED.get(kind, {})})
    taken = take(judge, project)
    answers = fitting(taken)
    stored = submit(judge, taken, answers)
    assert stored.status_code == 201, stored.content
    (listed,) = manager.get(f"/api/v1/projects/{project.slug}/judgments/").json()["results"]
    parsed = KINDS[kind].answer_model.model_validate(answers[kind])
    assert (listed["kind"], listed["answer"]) == (kind, parsed.model_dump(mode="json"))
    records = exported(manager, project)
    assert records == list(evidence_of(project))
    assert {record.context.judgment for record in records} == {listed["id"]}


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_does_not_fit_stores_nothing(
    kind: str, project: Project, manager: APIClient, judge: APIClient
) -> None:
    add_item(manager, project, {"kind": kind, "settings": UNGATED.get(kind, {})})
    taken = take(judge, project)
    for wrong in ({}, {**fitting(taken)[kind], "colour": "red"}):
        answer = submit(judge, taken, {kind: wrong})
        told = answer.json()["error"]
        assert (answer.status_code, told["code"]) == (400, "invalid_answer")
        assert f"'{kind}'" in told["message"]
        assert told["details"][0]["where"]
    assert not Judgment.objects.exists()


SEVERAL = (
    {"kind": "pairwise", "settings": {"aspects": ["helpful"]}},
    {"kind": "rating", "settings": {"aspects": [{"name": "wit", "low": 1, "high": 3}]}},
    {"kind": "critique", "settings": {}},
)


def test_several_kinds_are_stored_together(
    project: Project, manager: APIClient, judge: APIClient
) -> None:
    add_item(manager, project, *SEVERAL)
    taken = take(judge, project)
    answers = fitting(taken)
    answers["pairwise"]["aspects"] = {"helpful": "second"}
    answers["critique"]["critiques"][0]["spans"] = [{"start": 6, "end": 7, "quote": "👍"}]
    assert submit(judge, taken, answers).status_code == 201
    assert Submission.objects.get().judgments.count() == 3
    kinds = [type(record).__name__ for record in exported(manager, project)]
    assert sorted(kinds) == ["Comparison"] * 2 + ["Critique"] * 2 + ["Score"] * 2


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("pairwise", None),
        ("pairwise", {"choice": "first", "aspects": {"wit": "first"}}),
        ("rating", None),
        ("rating", {"ratings": [{"completion": n, "scores": {"wit": 4}} for n in range(2)]}),
        ("critique", None),
        ("critique", {"critiques": [{"completion": n, "text": " "} for n in range(2)]}),
    ],
)
def test_several_kinds_are_stored_together_or_not_at_all(
    kind: str,
    wrong: dict[str, Any] | None,
    project: Project,
    manager: APIClient,
    judge: APIClient,
) -> None:
    add_item(manager, project, *SEVERAL)
    taken = take(judge, project)
    answers = fitting(taken)
    changed = {name: answer for name, answer in answers.items() if name != kind}
    if wrong is not None:
        changed[kind] = wrong
    assert submit(judge, taken, changed).status_code == 400
    assert not Submission.objects.exists()
    assert not Judgment.objects.exists()
    assert submit(judge, taken, answers).status_code == 201
