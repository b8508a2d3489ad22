"""Prompts and items over REST: one by one, by the list, again, and wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feedback.models import Completion, Item, Project, Prompt, User
from tests.cast import ApiOf, judge, new_item

PAIR = [{"text": "Four.", "label": "model-a"}, {"text": "Five.", "label": "model-b"}]


def item_body(**more: Any) -> dict[str, Any]:
    """An item about two completions."""
    return {"prompt": "Two and two?", "completions": PAIR, **more}


def test_one_prompt_is_made_once(project: Project, owner: User, api_of: ApiOf) -> None:
    api, url = api_of(owner), f"/api/v1/projects/{project.slug}/prompts/"
    first = api.post(url, {"prompt": "  Kept as it is \n", "tags": ["a"]})
    assert first.status_code == 201, first.content
    assert first.json()["messages"] == [{"role": "user", "content": "  Kept as it is \n"}]
    again = api.post(url, {"messages": first.json()["messages"]})
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    listed = api.get(url).json()["results"]
    assert [p["id"] for p in listed] == [first.json()["id"]]


def test_every_row_of_a_list_has_its_own_outcome(
    project: Project, owner: User, api_of: ApiOf
) -> None:
    rows = [
        {"prompt": "One?", "external_id": "1"},
        {"prompt": "One?", "external_id": "1"},
        {"prompt": "Other?", "external_id": "1"},
        {"prompt": ""},
        {"prompt": "NUL \x00"},
        {"prompt": "half \ud800"},
        {"prompt": "both", "messages": [{"role": "user", "content": "x"}]},
        {"messages": [{"role": "wizard", "content": "x"}]},
        "not an object",
        {"prompt": "Two?"},
    ]
    url = f"/api/v1/projects/{project.slug}/prompts/"
    # As a text of our own, because the test client cannot encode half a surrogate pair.
    answer = api_of(owner).post(url, json.dumps(rows), content_type="application/json")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    statuses = [r["status"] for r in told["results"]]
    assert statuses == ["created", "same", *["refused"] * 7, "created"]
    assert (told["created"], told["same"], told["refused"]) == (2, 1, 7)
    codes = [r["error"]["code"] for r in told["results"] if r["error"]]
    assert codes[0] == "external_id_conflict"
    assert codes[2:4] == ["nul_character", "bad_unicode"]
    assert told["results"][7]["error"]["details"][0]["where"] == "messages.0.role"
    assert Prompt.objects.count() == 2


def test_a_list_has_a_size(project: Project, owner: User, api_of: ApiOf) -> None:
    url = f"/api/v1/projects/{project.slug}/prompts/"
    for rows in ([], [{"prompt": "x"}] * 1001):
        answer = api_of(owner).post(url, rows)
        assert answer.json()["error"]["code"] == "wrong_number_of_rows"


def test_prompts_come_in_pages(project: Project, owner: User, api_of: ApiOf) -> None:
    api, url = api_of(owner), f"/api/v1/projects/{project.slug}/prompts/"
    api.post(url, [{"prompt": f"{n}?"} for n in range(5)])
    seen: list[str] = []
    page: str | None = f"{url}?page_size=2"
    while page:
        body = api.get(page).json()
        seen += [p["messages"][0]["content"] for p in body["results"]]
        page = body["next"]
    assert seen == ["4?", "3?", "2?", "1?", "0?"]


def test_an_item_with_new_completions(project: Project, owner: User, api_of: ApiOf) -> None:
    url = f"/api/v1/projects/{project.slug}/items/"
    made = api_of(owner).post(url, item_body(external_id="i1", overlap=3))
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["overlap"], body["places"]) == (3, 3)
    assert [c["label"] for c in body["completions"]] == ["model-a", "model-b"]
    again = api_of(owner).post(url, item_body(external_id="i1", overlap=3))
    assert (again.status_code, again.json()["id"]) == (200, body["id"])
    other = api_of(owner).post(url, item_body(external_id="i1", prompt="Another?"))
    assert (other.status_code, other.json()["error"]["code"]) == (409, "external_id_conflict")
    assert Item.objects.count() == 1
    assert Prompt.objects.count() == 1


def test_an_item_about_stored_completions(project: Project, owner: User, api_of: ApiOf) -> None:
    ids = [slot.completion_id for slot in new_item(project).slots.all()]
    url = f"/api/v1/projects/{project.slug}/items/"
    body = {"completions": ids, "kinds": ["thumbs"], "external_id": "again"}
    made = api_of(owner).post(url, body)
    assert made.status_code == 201, made.content
    assert [c["id"] for c in made.json()["completions"]] == ids
    assert api_of(owner).post(url, body).status_code == 200
    assert Completion.objects.count() == 2
    missing = api_of(owner).post(url, {"completions": [ids[0], 999_999]})
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "unknown_completion")


def test_an_item_about_a_stored_prompt(project: Project, owner: User, api_of: ApiOf) -> None:
    prompt = new_item(project).prompt
    url = f"/api/v1/projects/{project.slug}/items/"
    made = api_of(owner).post(url, {"prompt_id": prompt.pk, "completions": PAIR})
    assert (made.status_code, made.json()["prompt"]["id"]) == (201, prompt.pk)
    missing = api_of(owner).post(url, {"prompt_id": 999_999, "completions": PAIR})
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "unknown_prompt")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"completions": PAIR[:1]}, "wrong_number_of_completions"),
        ({"completions": [{"text": " "}, {"text": "b"}]}, "empty_completion"),
        ({"completions": [1, {"text": "b"}]}, "invalid_input"),
        ({"kinds": ["telepathy"]}, "unknown_kind"),
        ({"kinds": ["pairwise", "pairwise"]}, "duplicate_kind"),
        ({"kinds": [{"kind": "pairwise", "settings": {"x": 1}}]}, "invalid_kind_settings"),
        ({"prompt_id": 1}, "invalid_input"),
        ({"overlap": 101}, "invalid_input"),
        ({"external_id": ""}, "invalid_input"),
    ],
)
def test_a_wrong_item_leaves_nothing(
    project: Project, owner: User, api_of: ApiOf, more: dict[str, Any], code: str
) -> None:
    answer = api_of(owner).post(f"/api/v1/projects/{project.slug}/items/", item_body(**more))
    assert answer.status_code == 400, answer.content
    assert answer.json()["error"]["code"] == code
    assert not Item.objects.exists()
    assert not Prompt.objects.exists()
    assert not Completion.objects.exists()


def test_names_are_for_those_who_may_see(
    project: Project, owner: User, annotator: User, api_of: ApiOf
) -> None:
    url = f"/api/v1/items/{new_item(project).pk}/"
    refused = api_of(annotator).get(url)
    assert refused.status_code == 403  # annotators see an item under their lease alone
    assert b"model-a" not in refused.content
    assert b"model-a" in api_of(owner).get(url).content


def test_blind_items_keep_names_until_they_are_judged(
    project: Project, owner: User, reviewer: User, api_of: ApiOf
) -> None:
    item = new_item(project, blind=True, overlap=2)
    addresses = [f"/api/v1/items/{item.pk}/", f"/api/v1/projects/{project.slug}/items/"]
    for url in addresses:
        assert b"model-" not in api_of(owner).get(url).content
    judge(project, owner)
    for url in addresses:
        assert b"model-" in api_of(owner).get(url).content
        assert b"model-" not in api_of(reviewer).get(url).content
    judge(project, reviewer)
    for url in addresses:
        assert b"model-" in api_of(reviewer).get(url).content
