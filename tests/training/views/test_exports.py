"""Exports in the browser: every line is JSON, and the file says what it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from feedback.exports import EXPORTS
from feedback.models import Project, User
from tests.cast import ClientOf, freeze, judge, new_item
from training.artefacts import remove_tree

TIE = {"pairwise": {"choice": "tie"}}


@pytest.fixture
def judged(project: Project, owner: User) -> Project:
    """Two preferences and a tie, with a text that needs care in JSON."""
    for answers in (None, None, TIE):
        new_item(project, 'A "quoted"\nquestion: é 日本', texts=("One.", "</script>"))
        judge(project, owner, answers)
    return project


def rows(client: Client, url: str, **query: str) -> list[dict[str, Any]]:
    """The lines of an export, read as its readers read them."""
    response = client.get(url, query)
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/jsonl"
    body = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    return [json.loads(line) for line in body.splitlines()]


@pytest.mark.parametrize("name", EXPORTS)
def test_every_format_loads(name: str, judged: Project, owner: User, client_of: ClientOf) -> None:
    """A snapshot and its project export the same rows."""
    snapshot = freeze(judged, owner)
    client = client_of(owner)
    whole = rows(client, reverse("project_export", args=[judged.slug]), format=name)
    url = reverse("snapshot_export", args=[judged.slug, snapshot.pk])
    frozen = rows(client, url, format=name)
    assert len(frozen) == len(whole) == {"native": 3, "preference": 2}.get(name, 0)
    assert client.get(url, {"format": name})["Content-Disposition"] == (
        f'attachment; filename="answers-{snapshot.digest[:12]}-{name}.jsonl"'
    )


def test_rows_are_preferences(judged: Project, owner: User, client_of: ClientOf) -> None:
    """Texts come out as they went in; ties on request."""
    url = reverse("project_export", args=[judged.slug])
    got = rows(client_of(owner), url, format="preference")
    assert got[0]["prompt"][0]["content"] == 'A "quoted"\nquestion: é 日本'
    assert got[0]["rejected"][0]["content"] == "</script>"
    assert got[0]["margin"] == 2.0
    assert len(rows(client_of(owner), url, format="preference", ties="both")) == 4


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"format": "parquet"}, "unknown_format"),
        ({"ties": "keep"}, "invalid_export_options"),
        ({"revisions": "perhaps"}, "invalid_export_options"),
        ({"aspect": "x" * 41}, "invalid_export_options"),
    ],
)
def test_unknown_options_are_refused(
    query: dict[str, str], code: str, judged: Project, owner: User, client_of: ClientOf
) -> None:
    """As an error page, not as a file."""
    response = client_of(owner).get(reverse("project_export", args=[judged.slug]), query)
    assert response.status_code == 400
    assert code in response.content.decode()


def test_missing_files_are_an_error_and_not_half_a_file(
    judged: Project, owner: User, client_of: ClientOf
) -> None:
    """The status is not sent before the first line is there."""
    snapshot = freeze(judged, owner)
    remove_tree(snapshot.artefact)
    url = reverse("snapshot_export", args=[judged.slug, snapshot.pk])
    response = client_of(owner).get(url)
    assert response.status_code == 404
    assert b"artefact_missing" in response.content
