"""No request makes the API crash: every field of every body and query with what nobody expects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from feedback.models import Project, User
from tests.cast import ApiOf, freeze, judge, lease, new_checkpoint, new_item
from training.models import Job

NASTY: list[Any] = [
    None,
    True,
    -1,
    0,
    10**30,
    1e308,
    "",
    " ",
    "\x00",
    "\ud800",
    "x" * 1000,
    "\U0001d518\u202e",
    [],
    [[]],
    [None],
    [1, "a", {}],
    [10**30],
    ["\x00"],
    {},
    {"a": {"b": [None]}},
    {"kind": {}},
    [{"kind": "pairwise", "settings": 3}],
    {"pairwise": None},
    {"pairwise": {"choice": []}},
]
# The last ones are cursors: p=%00, p=9999999999999999999, o=-1.
STRANGE = (
    "",
    "x",
    "-1",
    "9" * 40,
    "\x00",
    "cD0lMDA=",
    "cD05OTk5OTk5OTk5OTk5OTk5OTk5OQ==",
    "bz0tMQ==",
)
# A body that is nearly right, so that the fuzz reaches behind the first check.
NEARLY: dict[str, dict[str, Any]] = {
    "projects_create": {"name": "x"},
    "members_add": {"user": "sam", "role": "annotator"},
    "prompts_create": {"prompt": "x"},
    "items_create": {"prompt": "x", "completions": [{"text": "a"}, {"text": "b"}]},
    "snapshots_train": {"recipe": "dpo", "config": {}},
    "policies_create": {"kind": "openai", "location": "http://localhost:9/v1"},
    "samples_create": {"policies": [1]},
}


def fields_of(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[str]:
    """The names of the fields of an operation's body."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        pending = [content["schema"]]
        while pending:
            schema = pending.pop()
            if "$ref" in schema:
                name = schema["$ref"].rsplit("/", 1)[1]
                pending.append(document["components"]["schemas"][name])
            pending += schema.get("oneOf", [])
            yield from schema.get("properties", {})


@pytest.fixture
def places(project: Project, owner: User, stranger: User) -> dict[str, Any]:
    """Values for the addresses, by the first part of their path."""
    new_item(project, "Done?")
    judge(project, owner)
    snapshot = freeze(project, owner)
    item = new_item(project)
    return {
        "slug": project.slug,
        "username": stranger.username,
        "name": "pairwise",
        "kind": "pairwise",
        "items": item.pk,
        "assignments": lease(project, owner).pk,
        "snapshots": snapshot.pk,
        "jobs": Job.objects.create(project=project, owner=owner, operation="import_content").pk,
        "checkpoints": new_checkpoint(snapshot, owner).pk,
    }


def address(path: str, places: dict[str, Any]) -> str:
    """The path with its parameters filled in."""
    kind = path.split("/")[3]
    return path.format(**{"id": places.get(kind), **places})


def bodies(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[Any]:
    """Bodies that are wrong as a whole, and in one field each."""
    yield from NASTY
    nearly = NEARLY.get(operation["operationId"], {})
    for field in dict.fromkeys(fields_of(document, operation)):
        wrong = [{**nearly, field: value} for value in NASTY]
        yield from wrong
        if operation["operationId"] in ("prompts_create", "items_create"):
            yield wrong


def test_nothing_answers_500(places: dict[str, Any], owner: User, api_of: ApiOf) -> None:
    """Thousands of requests, none of which may be our fault."""
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    api = api_of(owner)
    crashed, sent = [], 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            url = address(path, places)
            for body in bodies(document, operation) if method in ("post", "patch") else ():
                sent += 1
                text = json.dumps(body)
                answer = getattr(api, method)(url, text, content_type="application/json")
                if answer.status_code >= 500 and answer.status_code != 503:
                    crashed.append((method, url, text[:100]))
            crashed += strange_queries(api, url, operation) if method == "get" else []
    assert not crashed
    assert sent > 900


def strange_queries(api: APIClient, url: str, operation: dict[str, Any]) -> list[Any]:
    """Those queries with which reading crashed."""
    known = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"]
    crashed = []
    for name in {*known, "cursor", "page_size", "format"}:
        for value in (
            "",
            "x",
            "-1",
            "9" * 40,
            "\x00",
            "cD0lMDA=",
            "cD05OTk5OTk5OTk5OTk5OTk5OTk5OQ==",
            "bz0tMQ==",
        ):
            answer = api.get(url, {name: value})
            if answer.status_code >= 500:
                crashed.append(("get", url, name, value))
            if getattr(answer, "streaming", False):
                b"".join(answer)
    return crashed
