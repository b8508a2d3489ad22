"""Judging in a real browser: by keyboard alone, skipping, leaving, blind items, without scripts."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Assignment, AssignmentState, Judgment, Project, User
from tests.browser.conftest import log_in, wait_for
from tests.cast import new_item

# The two first fixtures: what the server's threads write must be seen, and be gone afterwards.
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Keys pressed on each of ten items; then the place chosen (0 is a tie), the strength, the reason.
PRESSED = [
    (["1"], 1, 1, ""),
    (["2"], 2, 1, ""),
    (["1", "1"], 1, 2, ""),
    (["2", "2", "2"], 2, 3, ""),
    (["2", "2", "2", "2"], 2, 1, ""),
    (["0"], 0, 1, ""),
    (["1", "0", "0"], 0, 1, ""),
    (["1", "1", "2"], 2, 1, ""),
    (["1", "r", *"12 s?0g", "Escape"], 1, 1, "12 s?0g"),
    (["?", "Escape", "g", "2"], 2, 1, ""),
]


def open_judging(page: Page, live_server: LiveServer, project: Project, user: User) -> None:
    log_in(page, live_server, user)
    page.goto(reverse("judge", args=[project.slug]))


def expect_item(page: Page, question: str) -> None:
    expect(page.locator(".prompt .text").last).to_have_text(question)
    expect(page.locator(".kind.active")).to_have_count(1)  # its script is there


def test_ten_items_by_keyboard_alone(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    annotator.set_password("a fine password")
    annotator.save()
    for number in range(len(PRESSED)):
        new_item(project, f"Question {number}?")
    page.goto(reverse("judge", args=[project.slug]))
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type("a fine password")
    page.keyboard.press("Enter")
    for number, (keys, *_) in enumerate(PRESSED):
        expect_item(page, f"Question {number}?")
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.press("Enter")
    expect(page.get_by_text("All done")).to_be_visible()
    expect(page.locator(".judge-bar .count")).to_have_text("10")
    stored = list(Judgment.objects.order_by("pk").select_related("submission__assignment"))
    assert [one.answer for one in stored] == [
        {"choice": choice(one, place), "strength": strength, "aspects": {}, "reason": reason}
        for one, (_, place, strength, reason) in zip(stored, PRESSED, strict=True)
    ]
    assert all(0 < (one.submission.lead_time or 0) < 60 for one in stored)


def choice(judgment: Judgment, place: int) -> str:
    """What a place on the screen means in stored order."""
    assignment = judgment.submission.assignment
    assert assignment is not None
    return "tie" if place == 0 else ("first", "second")[assignment.order[place - 1]]


def test_thumbs_by_arrows(
    page: Page, live_server: LiveServer, thumbs_project: Project, annotator: User
) -> None:
    new_item(thumbs_project, texts=["a", "b", "c"], labels=["x", "y", "z"])
    open_judging(page, live_server, thumbs_project, annotator)
    expect_item(page, "What is two and two?")
    for key in ("1", "ArrowDown", "2", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#judge-error")).to_contain_text("every completion")
    for key in ("1", "ArrowUp", "r"):
        page.keyboard.press(key)
    page.keyboard.type("no")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("All done")).to_be_visible()
    order = Assignment.objects.get().order
    thumbs = {t["completion"]: (t["desirable"], t["reason"]) for t in answer()["thumbs"]}
    assert thumbs == {order[0]: (True, ""), order[1]: (False, "no"), order[2]: (True, "")}


def answer() -> dict[str, list[dict[str, object]]]:
    """The one stored answer."""
    found: dict[str, list[dict[str, object]]] = Judgment.objects.get().answer
    return found


def test_skipping_by_keyboard(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    new_item(project, "One?")
    new_item(project, "Two?")
    open_judging(page, live_server, project, annotator)
    expect_item(page, "One?")
    page.keyboard.press("s")
    page.keyboard.press("Escape")
    expect(page.locator("#skip-panel")).to_be_hidden()
    page.keyboard.press("Backspace")
    page.keyboard.press("r")
    page.keyboard.type("not for me, 2")
    page.keyboard.press("Enter")
    expect_item(page, "Two?")
    page.keyboard.press("s")
    page.keyboard.press("3")
    expect(page.get_by_text("All done")).to_be_visible()
    skipped = Assignment.objects.filter(state=AssignmentState.SKIPPED).order_by("pk")
    assert [one.skip_reason for one in skipped] == ["not for me, 2", "Broken or empty"]


def test_a_reload_keeps_the_item_and_leaving_gives_it_back(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    new_item(project)
    open_judging(page, live_server, project, annotator)
    expect_item(page, "What is two and two?")
    page.reload()
    expect_item(page, "What is two and two?")
    page.wait_for_timeout(500)  # the old page's last word may come late
    assert Assignment.objects.get().state == AssignmentState.OPEN
    page.goto("/")
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    wait_for(page, lambda: Assignment.objects.get().state == AssignmentState.RELEASED)


def test_names_are_revealed_after_a_blind_item(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    new_item(project, blind=True)
    open_judging(page, live_server, project, annotator)
    expect_item(page, "What is two and two?")
    assert "model-" not in page.content()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    order = Assignment.objects.get().order
    first, second = (("model-a", "model-b")[index] for index in order)
    expect(page.locator(".reveal")).to_contain_text(f"A was {first}, B was {second}")


def test_both_kinds_of_an_item_one_after_the_other(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    project.kinds = [{"kind": "pairwise"}, {"kind": "thumbs"}]
    new_item(project)
    open_judging(page, live_server, project, annotator)
    expect_item(page, "What is two and two?")
    for key in ("2", "2", "Enter", "1", "ArrowDown", "2", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text("All done")).to_be_visible()
    stored = {one.kind: one for one in Judgment.objects.all()}
    assert stored["pairwise"].answer["choice"] == choice(stored["pairwise"], 2)
    assert stored["pairwise"].answer["strength"] == 2
    order = Assignment.objects.get().order
    thumbs = stored["thumbs"].answer["thumbs"]
    assert [t["desirable"] for t in thumbs] == [order.index(0) == 0, order.index(1) == 0]


def test_without_scripts_the_form_works(
    browser: Browser, live_server: LiveServer, project: Project, annotator: User
) -> None:
    new_item(project)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    open_judging(page, live_server, project, annotator)
    page.get_by_role("radio", name="B is better").check(force=True)
    page.get_by_label("Reason").fill("by hand")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("All done")).to_be_visible()
    stored = Judgment.objects.get()
    assert stored.answer["choice"] == choice(stored, 2)
    assert stored.answer["reason"] == "by hand"
    context.close()


@pytest.mark.parametrize("width", [360, 1280, 2560])
def test_nothing_sticks_out(
    page: Page, live_server: LiveServer, project: Project, owner: User, width: int
) -> None:
    long = "W" * 3000
    item = new_item(project, long, texts=[long, "b " * 3000], labels=[long, "m"], overlap=2)
    log_in(page, live_server, owner)
    page.set_viewport_size({"width": width, "height": 800})
    for name in ("judge", "items", "project_members", "project_settings", "import", "project"):
        page.goto(reverse(name, args=[project.slug]))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    page.goto(reverse("item", args=[project.slug, item.pk]))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
