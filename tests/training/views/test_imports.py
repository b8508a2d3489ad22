"""The import pages: upload, mapping with a preview, start; nothing typed is lost on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from feedback.models import Item, Judgment, Project, User
from tests.cast import ClientOf, new_project
from training import services
from training.models import Job
from training.views.imports import Upload

ROWS = [
    {"question": "<b>Two?</b>", "a": "One", "b": "Two", "vote": 2, "who": "ann"},
    {"question": "Three?", "a": "", "b": "Three", "vote": 1, "who": "bob"},
    {"question": "Four?", "a": "Four", "b": "For", "vote": 0, "who": "ann"},
]
VOTES = {"1": {"choice": "first"}, "2": {"choice": "second"}, "0": {"choice": "tie"}}
JUDGMENTS = [
    {
        "kind": "pairwise",
        "annotator": {"column": "who"},
        "answer": {"column": "vote", "values": VOTES},
    }
]
PICKED: dict[str, Any] = {
    "mode": "pickers",
    "format": "jsonl",
    "prompt": ["question"],
    "completion_0_text": "a",
    "completion_1_text": "b",
    "kinds": ["pairwise"],
    "judgments": json.dumps(JUDGMENTS),
}


@pytest.fixture
def browser(owner: User, client_of: ClientOf) -> Client:
    return client_of(owner)


def uploaded(
    browser: Client, project: Project, content: bytes | None = None, name: str = "votes.jsonl"
) -> Any:
    lines = "\n".join(json.dumps(row) for row in ROWS).encode()
    file = SimpleUploadedFile(name, lines if content is None else content)
    return browser.post(reverse("import", args=[project.slug]), {"file": file})


def test_a_file_is_mapped_previewed_and_imported(browser: Client, project: Project) -> None:
    address = uploaded(browser, project).headers["Location"]
    page = browser.get(address)
    assert page.context["form"].initial["prompt"] == ["question"]
    assert page.context["form"].initial["completion_1_text"] == "b"
    preview = browser.post(address, PICKED, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in preview
    assert "Row 2 is refused" in preview and "empty_completion" in preview
    assert "&lt;b&gt;Two?&lt;/b&gt;" in preview and "ann" in preview
    assert not Job.objects.exists()
    response = browser.post(address, PICKED | {"action": "start"})
    job = Job.objects.get()
    assert response.headers["Location"] == reverse("job", args=[job.pk])
    services.run_next(job.queue, "test")
    job.refresh_from_db()
    assert job.state == "done"
    assert (job.result["created"], job.result["refused"]) == (2, 1)
    assert Item.objects.count() == 2
    choices = Judgment.objects.order_by("pk").values_list("answer__choice", flat=True)
    assert list(choices) == ["second", "tie"]


def test_a_started_upload_is_gone(browser: Client, project: Project) -> None:
    address = uploaded(browser, project).headers["Location"]
    browser.post(address, PICKED | {"action": "start"})
    again = browser.post(address, PICKED | {"action": "start"})
    assert again.status_code == 404
    assert "upload_gone" in again.content.decode()
    assert Job.objects.count() == 1


def test_an_unknown_column_is_named_and_the_mapping_kept(browser: Client, project: Project) -> None:
    address = uploaded(browser, project).headers["Location"]
    mapping = '{"prompt": "quest<i>on"}'
    posted = PICKED | {"mode": "json", "mapping": mapping, "action": "start"}
    response = browser.post(address, posted)
    html = response.content.decode()
    assert response.status_code == 400
    assert "unknown_column" in html
    assert "Columns there: question, a, b, vote, who." in html
    assert "{&quot;prompt&quot;: &quot;quest&lt;i&gt;on&quot;}" in html
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"judgments": "[{"}, "invalid_mapping"),
        ({"mode": "json", "mapping": "[]"}, "invalid_mapping"),
        ({"mode": "json", "mapping": '{"prompt": "question", "x": 1}'}, "x"),
        (
            {"mode": "json", "mapping": '{"prompt": "question", "kinds": [{"kind": "smell"}]}'},
            "smell",
        ),
        ({"prompt": []}, "prompt"),
        ({"completion_0_text": "nowhere"}, "nowhere is not one of the available choices"),
        ({"format": "csv"}, "is not one of the available choices"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(
    browser: Client, project: Project, change: dict[str, Any], said: str
) -> None:
    address = uploaded(browser, project).headers["Location"]
    for extra in ({}, {"action": "start"}):
        response = browser.post(address, PICKED | change | extra)
        assert response.status_code == (400 if extra else 200)
        assert said in response.content.decode()
    assert not Job.objects.exists()
    assert browser.post(address, PICKED | {"action": "start"}).status_code == 302


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("picture.png", b"\x89PNG\r\n", "unknown_format"),
        ("empty.csv", b"", "empty"),
    ],
)
def test_files_that_are_none(
    browser: Client, project: Project, name: str, content: bytes, said: str
) -> None:
    response = uploaded(browser, project, content, name)
    assert response.status_code == 400
    assert said in response.content.decode()


@pytest.mark.parametrize("content", [b"[1, 2", b"{}", b"[]", b"\xff\xfe"])
def test_files_that_cannot_be_read(browser: Client, project: Project, content: bytes) -> None:
    response = uploaded(browser, project, content, "rows.json")
    page = browser.get(response.headers["Location"])
    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()


def test_an_address_of_another_project_is_worth_nothing(
    browser: Client, project: Project, owner: User, reviewer: User, annotator: User
) -> None:
    address = uploaded(browser, project).headers["Location"]
    other = new_project(owner, reviewer, annotator, name="Other")
    token = address.rstrip("/").split("/")[-1]
    for bad in (token, token[:-1], Upload(other.pk, "secret_key", "x", "csv").token() + "x"):
        response = browser.get(reverse("import_mapping", args=[other.slug, bad]))
        assert response.status_code == 404
    assert storages["artefacts"].listdir("uploads")[1]
