"""The loop of a program that judges: next, answer, repeat; and everything that can be in the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from feedback.models import Assignment, Item, Judgment, Project, User
from tests.cast import ApiOf, new_item

FIRST = {"pairwise": {"choice": "first", "strength": 3, "reason": "right"}}


def take(api: APIClient, project: Project) -> dict[str, Any]:
    """The body of the next item."""
    answer = api.post(f"/api/v1/projects/{project.slug}/next/")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def submit(api: APIClient, taken: dict[str, Any], **more: Any) -> Any:
    """Answer the item that was taken."""
    body = {"assignment": taken["assignment"]["id"], "key": "k1", "answers": FIRST, **more}
    return api.post(f"/api/v1/items/{taken['item']['id']}/judgments/", body)


def code(answer: Any) -> tuple[int, str]:
    """Status and error code."""
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def api(annotator: User, api_of: ApiOf) -> APIClient:
    """The annotator's program."""
    return api_of(annotator)


def test_the_loop(project: Project, api: APIClient, reviewer: User, api_of: ApiOf) -> None:
    for n in range(3):
        new_item(project, f"{n}?")
    for n in range(3):
        taken = take(api, project)
        assert submit(api, taken, key=f"k{n}", lead_time=2.5).status_code == 201
    end = take(api, project)
    assert end["item"] is None
    assert end["reason"]["code"] == "all_judged"
    listed = api_of(reviewer).get(f"/api/v1/projects/{project.slug}/judgments/").json()["results"]
    assert [j["answer"]["choice"] for j in listed] == ["first"] * 3
    assert {j["lead_time"] for j in listed} == {2.5}
    assert {j["source"] for j in listed} == {"human"}


def test_the_question_hides_names_and_says_how_to_answer(project: Project, api: APIClient) -> None:
    new_item(project)
    answer = api.get(f"/api/v1/projects/{project.slug}/next/")
    assert b"model-" not in answer.content
    item = answer.json()["item"]
    stored = {0: "Four.", 1: "Five."}
    assert {c["index"]: c["text"] for c in item["completions"]} == stored
    assert [c["place"] for c in item["completions"]] == [1, 2]
    schema = api.get(item["kinds"][0]["schema"]).json()["answer_schema"]
    assert schema["properties"]["choice"]["enum"] == ["first", "second", "tie", "both_bad"]
    again = take(api, project)
    assert again["assignment"]["id"] == answer.json()["assignment"]["id"]
    assert again["item"]["completions"] == item["completions"]


def test_a_project_without_items_says_so(project: Project, api: APIClient) -> None:
    assert take(api, project)["reason"]["code"] == "no_items"


def test_a_repeat_is_harmless_and_another_body_is_not(project: Project, api: APIClient) -> None:
    new_item(project)
    taken = take(api, project)
    first, again = submit(api, taken), submit(api, taken)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert code(submit(api, taken, lead_time=1)) == (409, "key_conflict")
    assert code(submit(api, taken, key="k2")) == (409, "already_submitted")
    assert Judgment.objects.count() == 1


def test_keys_are_each_annotators_own(
    project: Project, api: APIClient, reviewer: User, api_of: ApiOf
) -> None:
    new_item(project, overlap=2)
    assert submit(api, take(api, project)).status_code == 201
    other = api_of(reviewer)
    assert submit(other, take(other, project)).status_code == 201


def test_a_lease_that_ended(
    project: Project, api: APIClient, reviewer: User, api_of: ApiOf
) -> None:
    new_item(project)
    taken = take(api, project)
    Assignment.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert code(submit(api, taken)) == (409, "lease_ended")
    other = api_of(reviewer)
    assert submit(other, take(other, project)).status_code == 201
    assert code(submit(api, taken)) == (409, "item_complete")
    assert Judgment.objects.count() == 1


def test_extend_skip_and_release(project: Project, api: APIClient) -> None:
    new_item(project)
    taken = take(api, project)
    pk = taken["assignment"]["id"]
    Assignment.objects.update(expires_at=timezone.now() + timedelta(seconds=5))
    kept = api.post(f"/api/v1/assignments/{pk}/extend/").json()
    assert kept["expires_at"] > (timezone.now() + timedelta(minutes=25)).isoformat()[:19]
    assert api.post(f"/api/v1/assignments/{pk}/release/").json()["state"] == "released"
    assert code(api.post(f"/api/v1/assignments/{pk}/extend/")) == (409, "lease_ended")
    back = take(api, project)
    assert back["item"]["id"] == taken["item"]["id"]
    assert back["assignment"]["id"] != pk
    pk = back["assignment"]["id"]
    assert api.post(f"/api/v1/assignments/{pk}/skip/", {"reason": "unclear"}).status_code == 200
    assert Assignment.objects.get(pk=pk).skip_reason == "unclear"
    assert take(api, project)["reason"]["code"] == "all_yours_done"
    assert Item.objects.get().places == 1


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"answers": {}}, (400, "wrong_kinds")),
        ({"answers": {"thumbs": {"thumbs": []}}}, (400, "wrong_kinds")),
        ({"answers": {"pairwise": {"choice": "third"}}}, (400, "invalid_answer")),
        ({"answers": {"pairwise": {"choice": "first", "strength": 9}}}, (400, "invalid_answer")),
        ({"answers": {"pairwise": {"choice": "tie", "mood": 1}}}, (400, "invalid_answer")),
        ({"answers": {"pairwise": 3}}, (400, "invalid_input")),
        ({"answers": [FIRST]}, (400, "invalid_input")),
        ({"key": ""}, (400, "invalid_input")),
        ({"key": "x" * 101}, (400, "invalid_input")),
        ({"key": "a\x00"}, (400, "nul_character")),
        ({"lead_time": -1}, (400, "invalid_lead_time")),
        ({"lead_time": "nan"}, (400, "invalid_input")),
        ({"assignment": 999_999}, (404, "unknown_assignment")),
        ({"assignment": None}, (400, "invalid_input")),
        ({"assignment": 2**70}, (400, "invalid_input")),
        ({"extra": 1}, (400, "invalid_input")),
    ],
)
def test_a_wrong_submission_stores_nothing(
    project: Project, api: APIClient, more: dict[str, Any], expected: tuple[int, str]
) -> None:
    new_item(project)
    taken = take(api, project)
    assert code(submit(api, taken, **more)) == expected
    assert not Judgment.objects.exists()
    assert submit(api, taken).status_code == 201


def test_somebody_elses_lease_is_unknown(
    project: Project, api: APIClient, reviewer: User, api_of: ApiOf
) -> None:
    new_item(project)
    taken = take(api, project)
    other = api_of(reviewer)
    assert code(submit(other, taken)) == (404, "unknown_assignment")
    pk = taken["assignment"]["id"]
    for action in ("extend", "skip", "release"):
        assert other.post(f"/api/v1/assignments/{pk}/{action}/").status_code == 404


def test_an_assignment_of_another_item(project: Project, api: APIClient) -> None:
    new_item(project, "One?")
    other = new_item(project, "Two?")
    taken = take(api, project)
    taken["item"]["id"] = other.pk
    assert code(submit(api, taken)) == (404, "unknown_assignment")


def test_an_item_withdrawn_meanwhile(project: Project, api: APIClient) -> None:
    item = new_item(project)
    taken = take(api, project)
    Item.objects.filter(pk=item.pk).update(withdrawn_at=timezone.now())
    assert code(submit(api, taken)) == (409, "item_withdrawn")


def test_thumbs(thumbs_project: Project, api: APIClient) -> None:
    new_item(thumbs_project)
    taken = take(api, thumbs_project)
    thumbs = [{"completion": n, "desirable": n == 0} for n in (0, 1)]
    assert code(submit(api, taken, answers={"thumbs": {"thumbs": thumbs[:1]}}))[0] == 400
    stored = submit(api, taken, answers={"thumbs": {"thumbs": thumbs}})
    assert stored.status_code == 201, stored.content
