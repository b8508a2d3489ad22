"""Nothing that was typed is lost silently: lost connections, refused drafts, changed old answers, stale forms."""

from __future__ import annotations

import json
import re

import pytest
from django.urls import reverse
from playwright.sync_api import Dialog, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Draft, Judgment, Membership, Project, User
from feedback.services import drafts
from tests.browser.conftest import wait_for
from tests.browser.test_judging import expect_item
from tests.browser.test_judging_sending import (
    SUBMIT,
    answer,
    answer_the_first,
    begin,
    begin_ahead,
)
from tests.cast import new_item

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DRAFT = re.compile(r"/draft/$")
HEARTBEAT = re.compile(r"/heartbeat/$")


@pytest.fixture
def two(project: Project) -> Project:
    """The project with two items."""
    for question in ("One?", "Two?"):
        new_item(project, question)
    return project


def write(page: Page, text: str) -> None:
    page.keyboard.press("r")
    page.keyboard.type(text)


def questions_on_leaving(page: Page) -> list[Dialog]:
    """The questions that the page asks from now on; all are answered with going."""
    asked: list[Dialog] = []

    def go(dialog: Dialog) -> None:
        asked.append(dialog)
        dialog.accept()

    page.on("dialog", go)
    return asked


def test_an_answer_that_came_back_survives_a_reload(
    page: Page, live_server: LiveServer, two: Project, annotator: User
) -> None:
    begin_ahead(page, live_server, two, annotator)
    page.route(
        SUBMIT, lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    answer(page, "kept")
    expect(page.locator("#judge-error")).to_contain_text("kept here", timeout=20_000)
    expect_item(page, "One?")
    wait_for(page, lambda: "kept" in str(Draft.objects.values_list("fields", flat=True)))
    asked = questions_on_leaving(page)
    page.reload()
    assert [dialog.type for dialog in asked] == ["beforeunload"]
    expect_item(page, "One?")
    expect(page.locator("[data-reason]")).to_have_value("kept")


def test_a_draft_that_is_lost_is_said_and_saved_in_the_end(
    page: Page, live_server: LiveServer, two: Project, annotator: User
) -> None:
    begin(page, live_server, two, annotator)
    attempts: list[Route] = []

    def flaky(route: Route) -> None:
        attempts.append(route)
        if len(attempts) < 3:
            route.abort()
        else:
            route.continue_()

    page.route(DRAFT, flaky)
    write(page, "not lost")
    expect(page.locator("#trouble")).to_contain_text("The connection is lost")
    expect(page.locator("#trouble")).to_contain_text("The connection is back", timeout=15_000)
    assert Draft.objects.get().fields["pairwise.reason"] == "not lost"


def test_a_draft_that_is_too_large_is_said_at_once(
    page: Page,
    live_server: LiveServer,
    two: Project,
    annotator: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drafts, "LARGEST", 100)
    begin(page, live_server, two, annotator)
    write(page, "long " * 40)
    expect(page.locator("#trouble")).to_contain_text("not saved")
    asked = questions_on_leaving(page)
    page.locator("[data-reason]").fill("short")
    expect(page.locator("#trouble")).to_have_text("What you typed is saved.")
    page.reload()
    assert asked == []


def test_who_is_no_member_any_more_is_told_and_keeps_what_is_typed(
    page: Page, live_server: LiveServer, two: Project, annotator: User
) -> None:
    begin(page, live_server, two, annotator)
    membership = Membership.objects.get(user=annotator, project=two)
    membership.delete()
    write(page, "written outside")
    expect(page.locator("#trouble")).to_contain_text("not saved")
    membership.save(force_insert=True)
    expect(page.locator("#trouble")).to_have_text("What you typed is saved.")


def test_a_lost_heartbeat_is_said_until_the_connection_is_back(
    page: Page, live_server: LiveServer, two: Project, annotator: User
) -> None:
    page.clock.install()
    begin(page, live_server, two, annotator)
    page.route(HEARTBEAT, lambda route: route.abort())
    page.clock.run_for(61_000)
    expect(page.locator("#trouble")).to_contain_text("The connection is lost")
    page.unroute(HEARTBEAT)
    page.clock.run_for(6000)
    expect(page.locator("#trouble")).to_contain_text("The connection is back")


def test_a_changed_old_answer_is_kept_while_the_newest_item_is_open(
    page: Page, live_server: LiveServer, two: Project, annotator: User
) -> None:
    begin(page, live_server, two, annotator)
    answer_the_first(page)
    page.keyboard.press("ArrowLeft")
    expect_item(page, "One?")
    write(page, "thought again: ")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    expect_item(page, "Two?")
    expect(page.locator("#last")).to_contain_text("not sent")
    page.keyboard.press("ArrowLeft")
    expect_item(page, "One?")
    expect(page.locator("[data-reason]")).to_have_value("thought again: first")
    page.keyboard.press("Control+Enter")
    expect_item(page, "Two?")
    wait_for(page, lambda: Judgment.objects.count() == 2)
    assert Judgment.objects.order_by("-pk")[0].answer["reason"] == "thought again: first"


def test_leaving_with_a_changed_old_answer_is_asked_about(
    page: Page, live_server: LiveServer, two: Project, annotator: User
) -> None:
    begin(page, live_server, two, annotator)
    answer_the_first(page)
    page.keyboard.press("ArrowLeft")
    expect_item(page, "One?")
    write(page, "again: ")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    expect_item(page, "Two?")
    asked = questions_on_leaving(page)
    page.goto(reverse("projects"))
    assert [dialog.type for dialog in asked] == ["beforeunload"]


def test_a_refusal_that_is_a_whole_page_becomes_a_sentence(
    page: Page, live_server: LiveServer, two: Project, annotator: User
) -> None:
    begin(page, live_server, two, annotator)
    body = "<!doctype html><html><body><h1>Not allowed</h1><nav>everything</nav></body></html>"
    page.route(SUBMIT, lambda route: route.fulfill(status=403, content_type="text/html", body=body))
    answer(page, "kept")
    expect(page.locator("#judge-error")).to_contain_text("in another tab")
    expect(page.locator("#judge-error h1, #judge-error nav")).to_have_count(0)
    page.unroute(SUBMIT)
    page.keyboard.press("Control+Enter")
    wait_for(page, lambda: Judgment.objects.count() == 1)
    assert json.dumps(Judgment.objects.get().answer).count("kept") == 1
