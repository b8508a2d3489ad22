"""Answers sent behind the next item: lost, refused and doubled ones; drafts; the last answer again."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, Request, Route, expect
from pytest_django.live_server_helper import LiveServer

from feedback import services
from feedback.models import Assignment, AssignmentState, Draft, Judgment, Project, Submission, User
from feedback.services.drafts import save_draft
from tests.browser.conftest import log_in, wait_for
from tests.browser.test_judging import expect_item, open_judging
from tests.cast import new_item

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SUBMIT = re.compile(r"/judge/$")


@pytest.fixture
def three(project: Project) -> Project:
    """The project with three items."""
    for question in ("One?", "Two?", "Three?"):
        new_item(project, question)
    return project


def fetched_ahead(page: Page) -> None:
    """The server has leased a second item, and the page has it."""
    leases = Assignment.objects.filter(state="open").order_by("-pk")
    wait_for(page, lambda: leases.count() == 2)
    expect(page.locator("#judging-area")).to_have_attribute("data-ahead", str(leases[0].pk))


def begin(page: Page, live_server: LiveServer, project: Project, user: User) -> None:
    """The first item is on the screen."""
    open_judging(page, live_server, project, user)
    expect_item(page, "One?")


def begin_ahead(page: Page, live_server: LiveServer, project: Project, user: User) -> None:
    """The first item is on the screen, and the second one behind it."""
    begin(page, live_server, project, user)
    fetched_ahead(page)


def begin_at_a_clock(page: Page, live_server: LiveServer, project: Project, user: User) -> None:
    """The same in a page whose time the test moves."""
    page.clock.install()
    begin(page, live_server, project, user)
    page.clock.run_for(1000)
    fetched_ahead(page)


def end_lease(n: int) -> Assignment:
    """The lease with that number, the oldest being 0, has run out."""
    lease = Assignment.objects.order_by("pk")[n]
    lease.expires_at = timezone.now() - timedelta(minutes=1)
    lease.save()
    return lease


def answer(page: Page, reason: str = "") -> None:
    page.keyboard.press("1")
    if reason:
        page.keyboard.press("r")
        page.keyboard.type(reason)
    page.keyboard.press("Control+Enter")


def answer_the_first(page: Page) -> None:
    """The first item's answer is stored, with a reason, and nobody is typing in the second one."""
    answer(page, "first")
    expect_item(page, "Two?")
    wait_for(page, lambda: Judgment.objects.count() == 1)
    page.keyboard.press("Escape")


def test_the_next_item_is_there_at_once(
    page: Page, live_server: LiveServer, three: Project, annotator: User
) -> None:
    begin_ahead(page, live_server, three, annotator)
    held: list[Route] = []
    page.route(SUBMIT, lambda route: held.append(route))
    answer(page)
    expect_item(page, "Two?")
    assert not Judgment.objects.exists()  # the answer is still on its way
    wait_for(page, lambda: len(held) == 1)
    held[0].continue_()
    wait_for(page, lambda: Judgment.objects.count() == 1)
    fetched_ahead(page)
    stored = Submission.objects.get()
    assert stored.client == "web 2"
    assert stored.edits == 1
    assert 0 < (stored.lead_time or 0) < 60


def test_a_lost_connection_is_mended_behind_the_next_item(
    page: Page, live_server: LiveServer, three: Project, annotator: User
) -> None:
    begin_ahead(page, live_server, three, annotator)
    attempts: list[str] = []

    def flaky(route: Route) -> None:
        """The first request is lost on its way, the second one's response on its way back."""
        attempts.append(route.request.post_data or "")
        if len(attempts) == 2:
            route.fetch()
        if len(attempts) <= 2:
            route.abort()
        else:
            route.continue_()

    page.route(SUBMIT, flaky)
    answer(page, "kept")
    expect_item(page, "Two?")
    expect(page.locator("#last")).to_contain_text("connection was lost")
    wait_for(page, lambda: len(attempts) == 3)
    expect(page.locator("#last")).to_contain_text("Saved")
    assert Judgment.objects.get().answer["reason"] == "kept"


def test_what_stays_lost_comes_back_with_everything_typed(
    page: Page, live_server: LiveServer, three: Project, annotator: User
) -> None:
    begin_ahead(page, live_server, three, annotator)
    page.route(SUBMIT, lambda route: route.abort())
    answer(page, "kept")
    expect_item(page, "Two?")
    page.keyboard.press("2")
    page.keyboard.press("r")
    page.keyboard.type("for the second")
    expect(page.locator("#judge-error")).to_contain_text("kept here", timeout=20_000)
    expect_item(page, "One?")
    expect(page.locator("[data-reason]")).to_have_value("kept")
    page.unroute(SUBMIT)
    page.keyboard.press("Control+Enter")
    expect_item(page, "Two?")
    expect(page.locator("[data-reason]")).to_have_value("for the second")
    wait_for(page, lambda: Judgment.objects.count() == 1)
    assert Judgment.objects.get().answer["reason"] == "kept"


def test_a_refused_answer_comes_back(
    page: Page, live_server: LiveServer, three: Project, annotator: User
) -> None:
    begin_ahead(page, live_server, three, annotator)
    end_lease(0)
    answer(page, "long thoughts")
    expect(page.locator("#judge-error")).to_contain_text("lease_ended")
    expect_item(page, "One?")
    expect(page.locator("[data-reason]")).to_have_value("long thoughts")
    assert not Judgment.objects.exists()
    page.get_by_role("button", name="Leave it").click()
    expect_item(page, "Two?")


def test_a_double_enter_stores_once(
    page: Page, live_server: LiveServer, three: Project, annotator: User
) -> None:
    begin(page, live_server, three, annotator)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if SUBMIT.search(request.url) else None)
    page.keyboard.press("1")
    page.evaluate(
        """() => { for (let n = 0; n < 2; n += 1) document.body.dispatchEvent(
            new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true})) }"""
    )
    expect_item(page, "Two?")
    wait_for(page, lambda: Submission.objects.exists())
    page.wait_for_timeout(300)
    assert len(sent) == Submission.objects.count() == 1


def test_a_lapsed_lease_is_not_painted(
    page: Page, live_server: LiveServer, three: Project, annotator: User
) -> None:
    begin_at_a_clock(page, live_server, three, annotator)
    ahead = end_lease(1)
    page.clock.set_system_time(timezone.now() + timedelta(minutes=31))
    answer(page)
    page.clock.run_for(5000)
    wait_for(page, lambda: Judgment.objects.exists())
    page.clock.run_for(5000)
    old = (str(ahead.pk - 1), str(ahead.pk))
    wait_for(page, lambda: page.locator("#judging").get_attribute("data-assignment") not in old)


def test_a_draft_survives_a_reload_and_another_browser(
    page: Page, browser: Browser, live_server: LiveServer, three: Project, annotator: User
) -> None:
    begin(page, live_server, three, annotator)
    page.keyboard.press("2")
    page.keyboard.press("r")
    page.keyboard.type("half a thought")
    page.keyboard.press("Control+s")
    expect(page.locator("#last")).to_have_text("Draft saved.")
    page.reload()
    expect_item(page, "One?")
    expect(page.locator("[data-reason]")).to_have_value("half a thought")
    page.keyboard.press("r")
    page.keyboard.type(" more")
    wait_for(page, lambda: "more" in str(Draft.objects.get().fields))
    with browser.new_context(base_url=live_server.url) as elsewhere:
        other = elsewhere.new_page()
        log_in(other, live_server, annotator)
        other.goto(reverse("judge", args=[three.slug]))
        expect(other.locator("[data-reason]")).to_have_value(re.compile("half a thought"))
        expect(other.locator("input[data-place='2']")).to_be_checked()


def test_a_draft_that_is_slower_than_a_reload_is_painted_all_the_same(
    page: Page,
    live_server: LiveServer,
    three: Project,
    annotator: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server has the last words only after it has painted the page anew."""

    def slow(*args: Any) -> Draft:
        time.sleep(1)
        return save_draft(*args)

    begin(page, live_server, three, annotator)
    monkeypatch.setattr(services, "save_draft", slow)
    page.keyboard.press("r")
    page.keyboard.type("the last words")
    page.reload()
    expect(page.locator("[data-reason]")).to_have_value("the last words")
    expect_item(page, "One?")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    wait_for(page, lambda: Judgment.objects.count() == 1)
    assert Judgment.objects.get().answer["reason"] == "the last words"


def test_the_last_answer_again(
    page: Page, live_server: LiveServer, three: Project, annotator: User
) -> None:
    begin(page, live_server, three, annotator)
    answer_the_first(page)
    page.keyboard.press("2")
    page.keyboard.press("ArrowLeft")
    expect_item(page, "One?")
    expect(page.locator("[data-reason]")).to_have_value("first")
    page.keyboard.press("ArrowRight")
    expect_item(page, "Two?")
    expect(page.locator("input[data-place='2']")).to_be_checked()
    page.keyboard.press("Control+z")
    expect_item(page, "One?")
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    expect_item(page, "Two?")
    newest = Judgment.objects.order_by("-pk")[0]
    assert newest.answer["choice"] == "tie"
    assert newest.supersedes is not None


def test_an_answer_is_taken_back(
    page: Page, live_server: LiveServer, three: Project, annotator: User
) -> None:
    begin(page, live_server, three, annotator)
    answer_the_first(page)
    page.locator("#previous").click()
    expect_item(page, "One?")
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("#last")).to_contain_text("Taken back")
    expect_item(page, "One?")
    expect(page.locator("[data-reason]")).to_have_value("first")
    assert Judgment.objects.get().withdrawn_at is not None
    page.keyboard.press("Enter")
    expect_item(page, "Two?")
    wait_for(page, lambda: Judgment.objects.filter(withdrawn_at=None).count() == 1)


def test_leaving_gives_both_leases_back(
    page: Page, live_server: LiveServer, three: Project, annotator: User
) -> None:
    begin_ahead(page, live_server, three, annotator)
    page.goto("/")
    released = Assignment.objects.filter(state=AssignmentState.RELEASED)
    wait_for(page, lambda: released.count() == 2)


def test_a_lease_that_ends_on_the_screen_is_no_dead_end(
    page: Page, live_server: LiveServer, three: Project, annotator: User
) -> None:
    begin_at_a_clock(page, live_server, three, annotator)
    end_lease(0)
    page.clock.run_for(61_000)
    expect(page.locator("#judge-error")).to_contain_text("lease_ended")
    page.get_by_role("button", name="Leave it").click()
    expect_item(page, "Two?")
