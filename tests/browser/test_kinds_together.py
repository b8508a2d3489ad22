"""Every kind: several in one item, filled in again, refused, and open to everybody."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Judgment, Project, User
from tests.browser.asking import KEYBOARD_ONLY, ask, open_item, press, stored, submit
from tests.browser.test_accessible import serious

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = {"name": "tone", "low": 0, "high": 50}
SHORT = {"name": "sense", "low": 0, "high": 2, "anchors": {"2": "all"}}

# What is asked, the keys that answer it, and what must be found in the stored answer.
CASES: dict[str, tuple[str | dict[str, Any], list[str], list[str]]] = {
    "pairwise": (
        {"kind": "pairwise", "settings": {"aspects": ["clear"]}},
        ["1", "1", "ArrowDown", "0", "r", ' "so" <b>'],
        ['"clear": "tie"', '"strength": 2', '"\\"so\\" <b>"'],
    ),
    "ranking": ("ranking", ["2", "ArrowDown", "1"], ["2", "1"]),
    "unrankable": ("ranking", ["x", " both empty"], ['"ranks": []', '"both empty"']),
    "thumbs": (
        "thumbs",
        ["1", "3", "4", "ArrowDown", "2", "7", "r", " no"],
        ['["correct", "helpful"]', '["incomplete"]', '"no"'],
    ),
    "rating": (
        {"kind": "rating", "settings": {"aspects": [LONG, SHORT]}},
        [*["Shift+ArrowRight"] * 3, "ArrowDown", "2", "ArrowDown", "9", "ArrowDown", "0"],
        ['{"tone": 20, "sense": 2}', '{"tone": 9, "sense": 0}'],
    ),
    "critique": (
        "critique",
        [
            *("r", " one", "Escape", "h", "Shift+ArrowRight", "h", "Tab", " note", "Escape"),
            *("w", " more", "Escape", "ArrowDown", "r", "\n\ntwo"),
        ],
        ['"\\n\\ntwo"', '"note"', '"quote": "F"', '"end": 1', ".more"],
    ),
    "correction": (
        "correction",
        ["r", "Control+Home", "\n\nNow: ", "Escape", "ArrowDown", "n"],
        ['"\\n\\nNow: F', '"unchanged": true'],
    ),
    "demonstration": ("demonstration", ["r", "\n so\nit is "], ['"\\n so\\nit is "']),
}


def answer_in(page: Page, keys: list[str]) -> None:
    """Presses the keys; texts begin with a space or a line feed, which are typed as part of the text."""
    for key in keys:
        if key.startswith("\n"):
            page.keyboard.type(key)
        else:
            press(page, key)


@pytest.mark.parametrize("case", CASES)
def test_what_was_typed_comes_back(
    page: Page, live_server: LiveServer, project: Project, annotator: User, case: str
) -> None:
    page.add_init_script(KEYBOARD_ONLY)
    asked, keys, found = CASES[case]
    ask(project, asked)
    open_item(page, live_server, project, annotator)
    answer_in(page, keys)
    page.keyboard.press("Control+s")
    expect(page.locator("#last")).to_have_text("Draft saved.")
    page.reload()
    expect(page.locator(".kind.active")).to_have_count(1)
    submit(page)
    first = Judgment.objects.get()
    assert all(part in json.dumps(first.answer, ensure_ascii=False) for part in found), first.answer
    press(page, "ArrowLeft")
    expect(page.get_by_text("You answered this already.")).to_be_visible()
    expect(page.locator(".kind.active")).to_have_count(1)
    submit(page)
    again = Judgment.objects.exclude(pk=first.pk).get()
    assert again.answer == first.answer


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("case", CASES)
def test_nothing_keeps_people_out(
    browser: Browser,
    live_server: LiveServer,
    project: Project,
    annotator: User,
    case: str,
    scheme: Literal["light", "dark"],
) -> None:
    asked, keys, _ = CASES[case]
    ask(project, asked)
    width = 360 if scheme == "dark" else 1280
    with browser.new_context(
        base_url=live_server.url,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        bypass_csp=True,  # axe is put into the page as a script of its own
    ) as context:
        page = context.new_page()
        open_item(page, live_server, project, annotator)
        assert serious(page) == []
        answer_in(page, keys)
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        submit(page)


def test_several_kinds_of_one_item(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    page.add_init_script(KEYBOARD_ONLY)
    aspects = {"kind": "pairwise", "settings": {"aspects": ["clear"], "reason": "off"}}
    ask(project, aspects, {"kind": "rating", "settings": {"aspects": [SHORT]}}, "critique")
    open_item(page, live_server, project, annotator)
    active = page.locator(".kind.active")
    press(page, "2", "ArrowDown", "1", "ArrowDown")
    expect(active).to_have_attribute("data-kind", "rating")
    press(page, "1", "ArrowDown", "2", "ArrowDown")
    expect(active).to_have_attribute("data-kind", "critique")
    press(page, "ArrowUp")
    expect(active).to_have_attribute("data-kind", "rating")
    press(page, "Enter")  # leads to what is missing
    expect(active).to_have_attribute("data-kind", "critique")
    press(page, "r", " a", "Escape", "ArrowDown", "r", " b")
    submit(page)
    assert len(stored("pairwise")["aspects"]) == 1
    assert sorted(r["scores"]["sense"] for r in stored("rating")["ratings"]) == [1, 2]
    assert sorted(c["text"] for c in stored("critique")["critiques"]) == ["a", "b"]
    assert Judgment.objects.values("submission").distinct().count() == 1


def test_a_refusal_keeps_what_was_typed(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    ask(project, "critique", "demonstration")
    open_item(page, live_server, project, annotator)
    press(page, "r", " a", "Escape", "ArrowDown", "r", " b", "Escape", "ArrowDown", "r", " fine")
    page.locator('[name="demonstration.text"]').evaluate(
        "area => { area.value = 'x'.repeat(200001); area.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    press(page, "Control+Enter")
    expect(page.locator("#judge-error")).to_contain_text("invalid_answer")
    expect(page.locator(".critique-row [data-reason]").first).to_have_value("a")
    assert not Judgment.objects.exists()
    page.locator('[name="demonstration.text"]').fill("short")
    submit(page)
    assert stored("demonstration") == {"text": "short"}
