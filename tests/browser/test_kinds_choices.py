"""Pairwise, thumbs and rating in a browser, by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
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

NAMES = ("first", "second")
PAIRWISE = {"kind": "pairwise", "settings": {"aspects": ["helpful", "truthful", "harmless"]}}
SCALES = {
    "kind": "rating",
    "settings": {
        "aspects": [
            {"name": "overall", "low": 0, "high": 100},
            {"name": "tone", "low": 1, "high": 10, "anchors": {"10": "just right"}},
        ]
    },
}


@pytest.fixture(autouse=True)
def no_mouse(page: Page) -> None:
    """Any press of a mouse or a finger is an error of the page."""
    page.add_init_script(KEYBOARD_ONLY)


@pytest.mark.parametrize(
    ("keys", "place", "strength"),
    [("1", 1, 1), ("222", 2, 3), ("1111", 1, 1), ("12", 2, 1), ("0", None, 1), ("199", None, 1)],
)
def test_pairwise(
    page: Page,
    live_server: LiveServer,
    project: Project,
    annotator: User,
    keys: str,
    place: int | None,
    strength: int,
) -> None:
    ask(project, "pairwise")
    open_item(page, live_server, project, annotator)
    press(page, *keys)
    submit(page)
    answer = stored("pairwise")
    preferred = NAMES[order()[place - 1]] if place else {"0": "tie", "9": "both_bad"}[keys[-1]]
    assert (answer["choice"], answer["strength"]) == (preferred, strength)


def test_pairwise_by_aspects(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    ask(project, PAIRWISE)
    open_item(page, live_server, project, annotator)
    press(page, "9", "ArrowDown", "1", "ArrowDown", "0", "ArrowDown", "2", "2", "ArrowUp", "1")
    press(page, "r", " 2 words, no key", "Escape", "ArrowDown", "ArrowDown", "Enter")
    expect(page.get_by_text("All done")).to_be_visible()
    first = NAMES[order()[0]]
    assert stored("pairwise") == {
        "choice": "both_bad",
        "strength": 1,
        "aspects": {"helpful": first, "truthful": first},
        "reason": "2 words, no key",
    }


def test_a_required_reason(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    ask(project, {"kind": "pairwise", "settings": {"reason": "required"}})
    open_item(page, live_server, project, annotator)
    press(page, "Enter")
    expect(page.locator("#judge-error")).to_contain_text("Choose A, B or tie")
    press(page, "2", "Enter")
    expect(page.locator("#judge-error")).to_contain_text("reason")
    press(page, "r", " because")
    submit(page)
    assert stored("pairwise")["reason"] == "because"


def test_thumbs_with_tags(
    page: Page, live_server: LiveServer, thumbs_project: Project, annotator: User
) -> None:
    ask(thumbs_project, "thumbs", texts=["a", "b", "c"])
    open_item(page, live_server, thumbs_project, annotator)
    press(page, "3", "1", "3", "5", "ArrowDown", "1", "4", "2", "8", "ArrowDown", "2", "3", "3")
    press(page, "r", " no")
    submit(page)
    thumbs = {t["completion"]: t for t in stored("thumbs")["thumbs"]}
    told = [(thumbs[n]["desirable"], thumbs[n]["tags"], thumbs[n]["reason"]) for n in order()]
    assert told == [
        (True, ["correct", "clear"], ""),
        (False, ["harmful"], ""),
        (False, [], "no"),
    ]


def test_rating(page: Page, live_server: LiveServer, project: Project, annotator: User) -> None:
    ask(project, "rating")
    open_item(page, live_server, project, annotator)
    expect(page.locator(".scale.current .anchor")).to_have_text("0 useless … 4 ideal help")
    for score in "43210":
        press(page, score, "ArrowDown")
    press(page, "Enter")
    expect(page.locator("#judge-error")).to_contain_text(
        "from 0 to 4 for B: Helpfulness (and 4 more)"
    )
    for score in "9123":  # 9 is no score of this scale
        press(page, score, "ArrowDown")
    press(page, "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", *["ArrowUp"] * 4, "4")
    expect(page.locator(".scale.current .anchor")).to_have_text("ideal help")
    submit(page)
    names = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")
    scores = {r["completion"]: r["scores"] for r in stored("rating")["ratings"]}
    assert [scores[order()[0]][name] for name in names] == [4, 3, 2, 1, 0]
    assert [scores[order()[1]][name] for name in names] == [4, 1, 2, 3, 1]


def test_rating_on_long_scales(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    ask(project, SCALES, texts=["one"])
    open_item(page, live_server, project, annotator)
    press(page, "7", *["Shift+ArrowRight"] * 3, "ArrowRight", "ArrowDown", "0")
    expect(page.locator(".scale.current .anchor")).to_have_text("just right")
    submit(page)
    assert stored("rating") == {
        "ratings": [{"completion": 0, "scores": {"overall": 38, "tone": 10}}]
    }
