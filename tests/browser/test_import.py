"""Import in a real browser: the preview follows the pickers, and every page keeps its security policy."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Project, User
from tests.browser.conftest import log_in
from training.models import Job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_preview_follows_the_pickers(
    page: Page, live_server: LiveServer, project: Project, owner: User
) -> None:
    rows = [{"q": f"Question {n}?", "a": "Yes.", "b": "No."} for n in range(3)]
    log_in(page, live_server, owner)
    page.goto(reverse("import", args=[project.slug]))
    lines = "\n".join(json.dumps(row) for row in rows).encode()
    page.set_input_files(
        "#id_file", {"name": "rows.jsonl", "mimeType": "text/plain", "buffer": lines}
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.locator(".preview-row")).to_have_count(3)
    page.get_by_label("Completion 2, text").select_option("")
    expect(page.locator(".preview-row.refused")).to_have_count(3)
    page.get_by_label("Completion 2, text").select_option("a")
    expect(page.locator(".preview-row.refused")).to_have_count(0)
    page.get_by_role("button", name="Start the import").click()
    page.wait_for_url("**/jobs/*/")
    completions = Job.objects.get().params["mapping"]["completions"]
    assert [one["text"] for one in completions] == ["a", "a"]
