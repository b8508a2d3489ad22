"""The owner's pages of the queue, and gold after an answer: by keyboard, light and dark, seen by axe."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback import services
from feedback.models import Project, User
from tests.browser.conftest import log_in
from tests.browser.test_accessible import serious
from tests.cast import judge, lease, new_item

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def gold_project(project: Project, owner: User, annotator: User, reviewer: User) -> None:
    """A project with gold, a group, somebody who is paused, and somebody who holds an item."""
    for n in range(4):
        new_item(project, f"Question {n}?")
    gold = new_item(project, "What is two and two?")
    services.mark_gold(gold, {"pairwise": {"choice": "first"}}, "Two and two are four.")
    services.update_queue(project, {"gold_rate": 0.5, "daily_quota": 100})
    held = lease(project, annotator)
    services.save_group(project, "Experts", [held.annotator])
    judge(project, reviewer)
    me = services.annotator_for_user(project, reviewer)
    services.pause_annotator(me, "0 of 3 answers to items with known answers were right.")


def seen(page: Page, name: str) -> None:
    """Nothing serious, and nothing wider than the window; kept as a picture where SCREENSHOTS names a folder."""
    assert serious(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wide, name
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_owners_pages(
    browser: Browser,
    live_server: LiveServer,
    project: Project,
    owner: User,
    annotator: User,
    reviewer: User,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    gold_project(project, owner, annotator, reviewer)
    gold = project.items.filter(gold__isnull=False).get()
    with browser.new_context(
        base_url=live_server.url,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        bypass_csp=True,  # axe is put into the page as a script of its own
    ) as context:
        page = context.new_page()
        log_in(page, live_server, owner)
        for view, *more in (("queue",), ("annotators",), ("item", gold.pk)):
            page.goto(reverse(view, args=[project.slug, *more]))
            page.evaluate(
                "document.querySelectorAll('details').forEach((one) => (one.open = true))"
            )
            seen(page, f"{view}-{width}-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_gold_is_explained_after_the_answer(
    browser: Browser,
    live_server: LiveServer,
    project: Project,
    annotator: User,
    scheme: Literal["light", "dark"],
) -> None:
    """By keyboard alone; the next item is on the screen, what was expected stands beside it."""
    for n in range(2):
        new_item(project, f"Question {n}?")
    gold = new_item(project, "What is two and two?")
    services.mark_gold(gold, {"pairwise": {"choice": "tie"}}, "Two and two are four.")
    services.update_queue(project, {"exam": {"items": 1, "share": 0}})
    with browser.new_context(
        base_url=live_server.url,
        color_scheme=scheme,
        viewport={"width": 1280, "height": 800},
        bypass_csp=True,
    ) as context:
        page = context.new_page()
        log_in(page, live_server, annotator)
        page.goto(reverse("judge", args=[project.slug]))
        expect(page.get_by_text("What is two and two?").first).to_be_visible()
        expect(page.locator(".kind.active")).to_have_count(1)
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Not as expected")).to_be_visible()
        expect(page.get_by_text("Two and two are four.")).to_be_visible()
        seen(page, f"gold-{scheme}")
        expect(page.get_by_text("Question 0?").first).to_be_visible()
        services.pause_annotator(services.annotator_for_user(project, annotator), "Please call me.")
        page.goto(reverse("judge", args=[project.slug]))
        expect(page.get_by_role("heading", name="You are paused")).to_be_visible()
        seen(page, f"paused-{scheme}")


def test_a_pause_is_told_to_who_is_judging(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    """While they type, with the reason; the item fetched ahead is not shown instead."""
    for n in range(3):
        new_item(project, f"Question {n}?")
    log_in(page, live_server, annotator)
    page.goto(reverse("judge", args=[project.slug]))
    expect(page.locator("[data-ahead]")).to_have_count(1)
    services.pause_annotator(services.annotator_for_user(project, annotator), "Please call me.")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#judge-error")).to_contain_text("Please call me.")
    page.get_by_role("button", name="Leave it").click()
    expect(page.get_by_role("heading", name="You are paused")).to_be_visible()


def test_the_answer_that_pauses_says_so(
    page: Page,
    live_server: LiveServer,
    project: Project,
    annotator: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("feedback.assignment.extras.random.random", lambda: 0.0)
    for n in range(3):
        services.mark_gold(new_item(project, f"Gold {n}?"), {"pairwise": {"choice": "tie"}})
    new_item(project, "Question?")
    services.update_queue(project, {"gold_rate": 0.5})
    project.refresh_from_db()
    for _ in range(2):
        judge(project, annotator)
    log_in(page, live_server, annotator)
    page.goto(reverse("judge", args=[project.slug]))
    expect(page.locator("[data-ahead]")).to_have_count(1)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are paused")).to_be_visible()
    expect(page.get_by_text("Not as expected", exact=True)).to_be_visible()
