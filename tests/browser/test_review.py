"""Review by keyboard: all answers side by side, and a decision with the kind's own form."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Decision, Project, User
from tests.browser.conftest import log_in
from tests.cast import judge, new_item


def test_a_reviewer_decides_by_keyboard(
    page: Page,
    live_server: LiveServer,
    project: Project,
    owner: User,
    annotator: User,
    reviewer: User,
) -> None:
    item = new_item(project, overlap=2)
    judge(project, owner)
    judge(project, annotator, {"pairwise": {"choice": "second"}})
    log_in(page, live_server, reviewer)
    page.goto(reverse("review", args=[project.slug]))
    page.get_by_role("link", name=str(item.pk), exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Judge it anew").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**" + reverse("review_anew", args=[project.slug, item.pk, "pairwise"]))
    expect(page.get_by_role("region", name="Answers so far").get_by_text("anna")).to_be_visible()
    page.keyboard.press("Enter")  # nothing is chosen yet
    expect(page.locator("#judge-error")).to_contain_text("Choose A, B or tie first.")
    page.keyboard.press("2")
    page.keyboard.press("2")
    page.keyboard.press("r")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("It is.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**" + reverse("review_item", args=[project.slug, item.pk]))
    expect(page.get_by_text("Decided anew by rita")).to_be_visible()
    answer = Decision.objects.get().judgment.answer
    assert (answer["choice"], answer["strength"], answer["reason"]) == ("second", 2, "It is.")
