"""Imports, snapshots and exports over REST, the jobs really run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import StreamingHttpResponse
from rest_framework.test import APIClient

from feedback import services
from feedback.models import Item, Project, User
from tests.cast import ApiOf, freeze, judge, new_item, usual_answers
from training.models import Job
from training.services import run_next

MAPPING = {
    "prompt": "q",
    "completions": [{"text": "a"}, {"text": "b"}],
    "kinds": [{"kind": "pairwise"}],
}
ROWS = [{"q": "One?", "a": "1", "b": "2"}, {"q": "Two?", "a": "", "b": "2"}]


@pytest.fixture
def api(owner: User, api_of: ApiOf) -> APIClient:
    """The owner's program."""
    return api_of(owner)


def send(api: APIClient, project: Project, content: Any = ROWS, **fields: Any) -> Any:
    """Send a file to import."""
    text = content if isinstance(content, str) else json.dumps(content)
    file = SimpleUploadedFile("rows.json", text.encode())
    body = {"file": file, "mapping": json.dumps(MAPPING), **fields}
    return api.post(f"/api/v1/projects/{project.slug}/imports/", body, format="multipart")


def read(answer: Any) -> list[dict[str, Any]]:
    """The rows of a streamed file."""
    assert isinstance(answer, StreamingHttpResponse)
    assert answer["Content-Type"] == "application/jsonl"
    return [json.loads(line) for line in b"".join(answer).splitlines()]


def test_an_import_is_a_job(project: Project, api: APIClient) -> None:
    answer = send(api, project)
    assert answer.status_code == 202, answer.content
    assert answer["Location"] == f"/api/v1/jobs/{answer.json()['id']}/"
    assert answer.json()["state"] == "queued"
    run_next("default", "test")
    done = api.get(answer["Location"]).json()
    assert done["state"] == "done"
    assert done["percent"] == 100
    assert (done["result"]["created"], done["result"]["refused"]) == (1, 1)
    assert done["result"]["refusals"][0]["where"] == "row 2"
    assert Item.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"mapping": json.dumps({**MAPPING, "prompt": "nope"})}, "unknown_column"),
        ({"mapping": json.dumps({"prompts": "q"})}, "invalid_mapping"),
        ({"mapping": "["}, "invalid_input"),
        ({"mapping": "[]"}, "invalid_input"),
        ({"mapping": '{"prompt": "\\u0000"}'}, "nul_character"),
        ({"mapping": "[" * 100_000}, "invalid_input"),
        ({"format": "xml"}, "invalid_input"),
        ({"content": "{"}, "unreadable_file"),
        ({"file": ""}, "invalid_input"),
    ],
)
def test_a_wrong_import_is_refused_at_once(
    project: Project, api: APIClient, fields: dict[str, Any], code: str
) -> None:
    answer = send(api, project, **fields)
    assert answer.status_code == 400, answer.content
    assert answer.json()["error"]["code"] == code
    assert not Job.objects.exists()


def test_freeze_read_and_export(project: Project, api: APIClient, annotator: User) -> None:
    for n, choice in enumerate(("first", "second", "tie")):
        new_item(project, f"{n}?")
        judge(project, annotator, {"pairwise": {"choice": choice, "strength": 2}})
    answer = api.post(f"/api/v1/projects/{project.slug}/snapshots/", {"held_out": 0.2})
    assert answer.status_code == 202, answer.content
    run_next("default", "test")
    pk = api.get(answer["Location"]).json()["result"]["snapshot"]
    snapshot = api.get(f"/api/v1/snapshots/{pk}/").json()
    assert len(snapshot["digest"]) == 64
    listed = api.get(f"/api/v1/projects/{project.slug}/snapshots/").json()["results"]
    assert [s["id"] for s in listed] == [pk]
    for url in (f"/api/v1/projects/{project.slug}/export/", f"/api/v1/snapshots/{pk}/export/"):
        assert len(read(api.get(url))) == 3
        pairs = read(api.get(f"{url}?format=preference"))
        assert len(pairs) == 2
        assert {"prompt", "chosen", "rejected", "margin"} <= set(pairs[0])
        assert len(read(api.get(f"{url}?format=preference&ties=both"))) == 4
        assert "attachment" in api.get(url)["Content-Disposition"]
        unknown = api.get(f"{url}?format=parquet")
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "unknown_format")
        assert api.get(f"{url}?ties=some").json()["error"]["code"] == "invalid_input"


def test_an_export_of_one_aspect_or_with_revisions(
    project: Project, api: APIClient, annotator: User
) -> None:
    project.kinds = services.normalise_kinds(
        [{"kind": "pairwise", "settings": {"aspects": ["helpful"]}}, "correction"]
    )
    answers = usual_answers(new_item(project))
    answers["pairwise"]["aspects"] = {"helpful": "second"}
    judge(project, annotator, answers)
    url = f"/api/v1/projects/{project.slug}/export/?format=preference"

    def better(options: str) -> list[str]:
        return [row["chosen"][0]["content"] for row in read(api.get(url + options))]

    assert better("") == ["Four."]
    assert better("&aspect=helpful") == ["Five."]
    assert better("&aspect=harmless") == []
    assert better("&revisions=true") == ["Four.", "Quite right.", "Quite right."]
    assert api.get(f"{url}&revisions=perhaps").status_code == 400


def test_an_export_streams_row_by_row(
    project: Project, api: APIClient, annotator: User, django_assert_max_num_queries: Any
) -> None:
    """What is read does not grow with each row: a few queries for a batch of many."""
    for n in range(12):
        new_item(project, f"{n}?")
        judge(project, annotator)
    with django_assert_max_num_queries(12):
        assert len(read(api.get(f"/api/v1/projects/{project.slug}/export/"))) == 12


def test_an_empty_export_is_an_empty_file(project: Project, api: APIClient) -> None:
    assert read(api.get(f"/api/v1/projects/{project.slug}/export/")) == []


@pytest.mark.parametrize("body", [{"held_out": 2}, {"colour": 1}, {"kinds": "pairwise"}, []])
def test_wrong_options_freeze_nothing(project: Project, api: APIClient, body: Any) -> None:
    answer = api.post(f"/api/v1/projects/{project.slug}/snapshots/", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_params")
    assert not Job.objects.exists()


def test_an_unknown_kind_freezes_nothing(project: Project, api: APIClient) -> None:
    answer = api.post(f"/api/v1/projects/{project.slug}/snapshots/", {"kinds": ["nope"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unknown_kind")
    assert not Job.objects.exists()


def test_a_freeze_without_evidence_fails_readably(project: Project, api: APIClient) -> None:
    answer = api.post(f"/api/v1/projects/{project.slug}/snapshots/", {})
    run_next("default", "test")
    job = api.get(answer["Location"]).json()
    assert (job["state"], job["error"]["code"]) == ("failed", "no_evidence")


def test_recipes_say_what_is_missing(project: Project, owner: User, api: APIClient) -> None:
    new_item(project)
    judge(project, owner)
    pk = freeze(project, owner).pk
    offers = api.get(f"/api/v1/snapshots/{pk}/recipes/").json()["results"]
    kto = next(offer for offer in offers if offer["recipe"] == "kto")
    assert not kto["enough"]
    assert kto["missing"]
    catalogue = api.get("/api/v1/recipes/").json()["results"]
    assert {r["name"] for r in catalogue} == {o["recipe"] for o in offers}
    assert "beta" in next(r for r in catalogue if r["name"] == "dpo")["config_schema"]["properties"]
