"""Ranking in a browser: by digits, by picking up and moving, by mouse and by finger."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Project, User
from tests.browser.asking import (
    KEYBOARD_ONLY,
    ask,
    open_item,
    order,
    press,
    stored,
    submit,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

THREE = ["one", "two", "three"]
NO_TIES = {"kind": "ranking", "settings": {"ties": False}}


def by_place() -> list[int]:
    """The stored ranks in the order of the screen."""
    ranks = stored("ranking")["ranks"]
    return [ranks[index] for index in order()]


def tiers(page: Page) -> list[str]:
    """The letters in each tier, the best first."""
    script = (
        "tier => [...tier.querySelectorAll('.rank-card')].map(card => card.textContent).join('')"
    )
    return [str(tier.evaluate(script)) for tier in page.locator(".tier").all()]


def test_digits_give_ranks(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    page.add_init_script(KEYBOARD_ONLY)
    ask(project, "ranking", texts=THREE)
    open_item(page, live_server, project, annotator)
    press(page, "2", "ArrowDown", "1", "Enter")
    expect(page.locator("#judge-error")).to_contain_text("C has no rank")
    press(page, "ArrowDown", "4", "2")
    assert tiers(page) == ["B", "AC"]
    expect(page.locator("#announcer")).to_have_text("1: B; 2: A and C")
    submit(page)
    assert by_place() == [2, 1, 2]


def test_ten_completions(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    page.add_init_script(KEYBOARD_ONLY)
    ask(project, "ranking", texts=[f"text {n}" for n in range(10)])
    open_item(page, live_server, project, annotator)
    for digit in "0987654321":
        press(page, digit, "ArrowDown")
    submit(page)
    assert by_place() == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]


def test_picked_up_and_moved(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    page.add_init_script(KEYBOARD_ONLY)
    ask(project, "ranking", texts=THREE)
    open_item(page, live_server, project, annotator)
    press(page, " ", "ArrowUp", " ")
    assert tiers(page) == ["A"]
    press(page, "ArrowDown", " ", "ArrowDown", " ", "ArrowDown", " ", "ArrowDown")
    assert tiers(page) == ["A", "B", "C"]
    press(page, "ArrowUp")
    assert tiers(page) == ["A", "BC"]
    press(page, "ArrowUp")
    assert tiers(page) == ["A", "C", "B"]
    press(page, "Escape")
    assert tiers(page) == ["A", "B"]
    press(page, " ", *["ArrowLeft"] * 5, " ")
    assert tiers(page) == ["C", "A", "B"]
    submit(page)
    assert by_place() == [2, 3, 1]


def test_tab_reaches_the_cards(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    page.add_init_script(KEYBOARD_ONLY)
    ask(project, "ranking")
    open_item(page, live_server, project, annotator)
    for _ in range(40):
        press(page, "Tab")
        if page.evaluate("document.activeElement.textContent === 'B'"):
            break
    press(page, "1")
    expect(page.locator(".rank-card:focus")).to_have_attribute("aria-label", "Completion B, rank 1")
    press(page, "Shift+Tab", "ArrowUp", "2", "Enter")
    expect(page.get_by_text("All done")).to_be_visible()
    assert by_place() == [2, 1]


def test_without_ties_ranks_are_swapped(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    page.add_init_script(KEYBOARD_ONLY)
    ask(project, NO_TIES, texts=THREE)
    open_item(page, live_server, project, annotator)
    press(page, "1", "ArrowDown", "2", "ArrowDown", "3", "1")
    assert tiers(page) == ["C", "B", "A"]
    press(page, " ", "ArrowDown", " ")
    assert tiers(page) == ["B", "C", "A"]
    submit(page)
    assert by_place() == [3, 1, 2]


def test_cannot_be_ranked(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    page.add_init_script(KEYBOARD_ONLY)
    ask(project, "ranking")
    open_item(page, live_server, project, annotator)
    press(page, "1", "x", "Escape", "Enter")
    expect(page.locator("#judge-error")).to_contain_text("Say why")
    press(page, "r", " both are empty")
    submit(page)
    assert stored("ranking") == {"ranks": [], "unrankable": "both are empty"}


def middle(target: Locator) -> tuple[float, float]:
    """The point in the middle of what is on the screen."""
    box = target.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def card(page: Page, name: str) -> Locator:
    """The card with that letter."""
    return page.locator(".rank-card", has_text=name)


def test_dragged_by_mouse(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    ask(project, "ranking", texts=THREE)
    open_item(page, live_server, project, annotator)

    def drag(name: str, target: Locator) -> None:
        page.mouse.move(*middle(card(page, name)))
        page.mouse.down()
        page.mouse.move(*middle(card(page, name)), steps=2)
        page.mouse.move(*middle(target), steps=5)
        page.mouse.move(*middle(target), steps=2)  # the gaps have grown
        page.mouse.up()

    drag("B", page.locator(".tier-gap"))
    drag("A", page.locator(".tier-gap").first)
    assert tiers(page) == ["A", "B"]
    drag("C", page.locator(".tier").last.locator(".tier-rank"))
    assert tiers(page) == ["A", "BC"]
    drag("A", page.locator(".tray"))
    assert tiers(page) == ["BC"]
    drag("A", page.locator(".tier-gap").last)
    drag("C", page.locator(".tier-gap").nth(1))
    assert tiers(page) == ["B", "C", "A"]
    submit(page)
    assert by_place() == [3, 1, 2]


@pytest.fixture
def phone(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A page on a small screen that is touched."""
    context = browser.new_context(
        base_url=live_server.url,
        has_touch=True,
        is_mobile=True,
        viewport={"width": 360, "height": 740},
    )
    yield context.new_page()
    context.close()


def test_dragged_and_tapped_by_finger(
    phone: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    ask(project, "ranking", texts=THREE)
    open_item(phone, live_server, project, annotator)
    phone.locator(".rank-bar").scroll_into_view_if_needed()
    finger = phone.context.new_cdp_session(phone)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    def drag(name: str, target: Locator) -> None:
        (x, y), (to_x, to_y) = middle(card(phone, name)), middle(target)
        touch("touchStart", (x, y))
        for step in range(1, 6):
            touch("touchMove", (x + (to_x - x) * step / 5, y + (to_y - y) * step / 5))
        touch("touchMove", middle(target))
        touch("touchEnd")

    drag("C", phone.locator(".tier-gap"))
    drag("A", phone.locator(".tier .tier-rank"))
    assert tiers(phone) == ["AC"]
    card(phone, "B").tap()
    phone.locator(".rank-button", has_text="2").tap()
    assert tiers(phone) == ["AC", "B"]
    phone.get_by_role("button", name="Submit").tap()
    expect(phone.get_by_text("All done")).to_be_visible()
    assert by_place() == [1, 2, 1]
