"""What a program may do about an answer besides giving it: fetch ahead, draft, amend, take back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from feedback.models import Assignment, Draft, Judgment, Project, Submission, User
from feedback.selectors import live_judgments
from tests.cast import ApiOf, new_item, new_project
from tests.feedback.api.test_judging import FIRST, code, submit, take

TIE = {"pairwise": {"choice": "tie"}}


@pytest.fixture
def api(annotator: User, api_of: ApiOf) -> APIClient:
    """The annotator's program."""
    return api_of(annotator)


def amend(api: APIClient, stored: dict[str, Any], **more: Any) -> Any:
    """Another answer in the place of what was stored."""
    body = {"amends": stored["id"], "key": "k2", "answers": TIE, **more}
    return api.post(f"/api/v1/items/{stored['item']}/judgments/", body)


def undo(api: APIClient, stored: dict[str, Any]) -> Any:
    return api.post(f"/api/v1/submissions/{stored['id']}/undo/")


def test_what_is_stored_is_told(
    project: Project, api: APIClient, reviewer: User, api_of: ApiOf
) -> None:
    new_item(project)
    taken = take(api, project)
    said = {"lead_time": 2.5, "edits": 3, "client": "robot 1.0"}
    stored = submit(api, taken, **said).json()
    order = [c["index"] for c in taken["item"]["completions"]]
    assert {name: stored[name] for name in said} == said
    assert (stored["order"], stored["amends"]) == (order, None)
    listed = api_of(reviewer).get(f"/api/v1/projects/{project.slug}/judgments/").json()
    (judgment,) = listed["results"]
    assert {name: judgment[name] for name in said} == said
    assert (judgment["order"], judgment["side"]) == (order, order.index(0) + 1)
    assert judgment["outcome"] == {}
    changed = amend(api, stored).json()["judgments"][0]
    assert (changed["order"], changed["side"], changed["edits"]) == (order, None, None)


def test_fetching_ahead(project: Project, api: APIClient) -> None:
    items = [new_item(project, f"{n}?").pk for n in range(3)]
    first = take(api, project)
    address = f"/api/v1/projects/{project.slug}/next/"
    after = first["assignment"]["id"]
    second = api.post(address, {"after": after}).json()
    assert [first["item"]["id"], second["item"]["id"]] == items[:2]
    again = api.get(address, {"after": after}).json()
    assert again["assignment"]["id"] == second["assignment"]["id"]
    assert take(api, project)["assignment"]["id"] == after
    assert Assignment.objects.count() == 2
    for wrong in ("x", 0, 2**70):
        assert code(api.post(address, {"after": wrong})) == (400, "invalid_input")
        assert code(api.get(address, {"after": wrong})) == (400, "invalid_input")


def test_an_answer_is_amended_once(project: Project, api: APIClient) -> None:
    new_item(project)
    stored = submit(api, take(api, project)).json()
    changed = amend(api, stored)
    assert changed.status_code == 201
    assert changed.json()["amends"] == stored["id"]
    assert amend(api, stored).status_code == 200
    assert code(amend(api, stored, key="k3")) == (409, "cannot_change_amended")
    assert code(undo(api, stored)) == (409, "cannot_change_amended")
    assert [j.answer["choice"] for j in live_judgments()] == ["tie"]


def test_an_answer_is_taken_back_and_given_again(project: Project, api: APIClient) -> None:
    new_item(project)
    taken = take(api, project)
    stored = submit(api, taken).json()
    held = undo(api, stored)
    assert held.status_code == 200
    assert held.json()["state"] == "open"
    assert code(undo(api, stored)) == (409, "cannot_change_withdrawn")
    back = take(api, project)
    assert back["assignment"]["id"] == held.json()["id"]
    draft = api.get(f"/api/v1/assignments/{held.json()['id']}/draft/").json()
    assert draft["fields"]["pairwise.reason"] == FIRST["pairwise"]["reason"]
    assert submit(api, back, key="again", answers=TIE).status_code == 201
    assert [j.answer["choice"] for j in live_judgments()] == ["tie"]


def test_too_late(project: Project, api: APIClient) -> None:
    new_item(project)
    stored = submit(api, take(api, project)).json()
    Assignment.objects.update(closed_at=timezone.now() - timedelta(days=1))
    assert code(amend(api, stored)) == (409, "cannot_change_grace_over")
    assert code(undo(api, stored)) == (409, "cannot_change_grace_over")


def test_somebody_elses_answer_is_unknown(
    project: Project, api: APIClient, reviewer: User, api_of: ApiOf
) -> None:
    new_item(project)
    stored = submit(api, take(api, project)).json()
    other = api_of(reviewer)
    assert code(amend(other, stored)) == (404, "unknown_submission")
    assert code(undo(other, stored)) == (404, "unknown_submission")
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"assignment": 1}, (400, "invalid_input")),
        ({"amends": None}, (400, "invalid_input")),
        ({"amends": 999_999}, (404, "unknown_submission")),
        ({"edits": -1}, (400, "invalid_edits")),
        ({"edits": 2**40}, (400, "invalid_edits")),
        ({"edits": "many"}, (400, "invalid_input")),
        ({"client": "x" * 61}, (400, "invalid_client")),
        ({"answers": {"pairwise": {"choice": "?"}}}, (400, "invalid_answer")),
    ],
)
def test_a_wrong_amendment_changes_nothing(
    project: Project, api: APIClient, more: dict[str, Any], expected: tuple[int, str]
) -> None:
    new_item(project)
    stored = submit(api, take(api, project)).json()
    assert code(amend(api, stored, **more)) == expected
    assert Judgment.objects.count() == 1


def test_drafts(project: Project, api: APIClient) -> None:
    new_item(project)
    taken = take(api, project)
    address = f"/api/v1/assignments/{taken['assignment']['id']}/draft/"
    assert api.get(address).json() == {"fields": {}, "lead_time": 0, "edits": 0}
    body = {"fields": {"pairwise.reason": " typed\n"}, "lead_time": 4.5, "edits": 2}
    assert api.put(address, body).json() == body
    assert api.get(address).json() == body
    assert submit(api, taken).status_code == 201
    assert not Draft.objects.exists()
    assert code(api.put(address, body)) == (409, "already_submitted")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "invalid_input")),
        ({"fields": []}, (400, "invalid_input")),
        ({"fields": {"a": {"b": "c"}}}, (400, "invalid_input")),
        ({"fields": {"a": "\x00"}}, (400, "nul_character")),
        ({"fields": {"a": "x" * 2_000_000}}, (400, "draft_too_large")),
        ({"fields": {}, "lead_time": -1}, (400, "invalid_draft")),
        ({"fields": {}, "edits": 2**40}, (400, "invalid_draft")),
        ({"fields": {}, "more": 1}, (400, "invalid_input")),
    ],
)
def test_a_wrong_draft_is_not_kept(
    project: Project, api: APIClient, body: dict[str, Any], expected: tuple[int, str]
) -> None:
    new_item(project)
    pk = take(api, project)["assignment"]["id"]
    assert code(api.put(f"/api/v1/assignments/{pk}/draft/", body)) == expected
    assert not Draft.objects.exists()


def test_a_gate_is_told_with_its_page(
    owner: User, reviewer: User, annotator: User, api: APIClient
) -> None:
    project = new_project(owner, reviewer, annotator, kinds=["willingness_to_pay"], name="Worth")
    new_item(project)
    told = take(api, project)
    assert (told["item"], told["assignment"]) == (None, None)
    assert told["reason"]["code"] == "gate"
    assert told["reason"]["url"].startswith(f"http://testserver/projects/{project.slug}/gate/")
