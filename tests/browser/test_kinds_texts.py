"""Critique, correction and demonstration in a browser, by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback import services
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

FISH = "🐟 Dogs\r\nare fish."


@pytest.fixture(autouse=True)
def no_mouse(page: Page) -> None:
    """Any press of a mouse or a finger is an error of the page."""
    page.add_init_script(KEYBOARD_ONLY)


def test_critique(page: Page, live_server: LiveServer, project: Project, annotator: User) -> None:
    ask(project, "critique", texts=[FISH])
    open_item(page, live_server, project, annotator)
    press(page, "Enter")
    expect(page.locator("#judge-error")).to_contain_text("good or bad about Completion A")
    press(page, "r", " Dogs are no fish.", "Escape")
    press(page, "h", " nothing can be typed here", "Control+Home", "ArrowDown", *["ArrowRight"] * 4)
    press(page, *["Shift+ArrowRight"] * 4, "h")
    press(page, "Control+Home", *["ArrowRight"] * 2, *["Shift+ArrowDown"], "h", "h")
    expect(page.locator("#announcer")).to_have_text("This passage is marked already.")
    press(page, "Tab", " not at all", "Tab", "Tab", " crossed line", "Tab", "Escape")
    submit(page)
    assert stored("critique")["critiques"] == [
        {
            "completion": 0,
            "text": "Dogs are no fish.",
            "spans": [
                {"start": 12, "end": 16, "quote": "fish", "note": "not at all"},
                {"start": 2, "end": 10, "quote": "Dogs\r\nar", "note": "crossed line"},
            ],
            "rewrite": None,
        }
    ]


def test_a_mark_is_removed(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    ask(project, "critique", texts=["some words"])
    open_item(page, live_server, project, annotator)
    press(page, "h", "Shift+End", "h", "Tab", "Tab", "Enter")
    expect(page.locator(".passage:visible")).to_have_count(0)
    press(page, "r", " fine")
    submit(page)
    assert stored("critique")["critiques"][0]["spans"] == []


def test_words_selected_in_the_completion_itself(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    ask(project, "critique", texts=["Some **bold** words, and words."])
    open_item(page, live_server, project, annotator)
    select = """word => {
      const walk = document.createTreeWalker(document.querySelector(".completion"), NodeFilter.SHOW_TEXT);
      for (let node; (node = walk.nextNode()); ) {
        const at = node.data.indexOf(word);
        if (at >= 0) return getSelection().setBaseAndExtent(node, at, node, at + word.length);
      }
    }"""
    page.evaluate(select, "bold")
    press(page, "h")
    expect(page.locator(".passage .quote").first).to_have_text("bold")
    page.evaluate(select, "words")  # there twice: which one was meant?
    press(page, "h")
    expect(page.locator(".source textarea")).to_be_focused()
    press(page, "Escape", "r", " fine")
    submit(page)
    spans = stored("critique")["critiques"][0]["spans"]
    assert [(span["start"], span["end"]) for span in spans] == [(7, 11)]


def test_a_rewrite(page: Page, live_server: LiveServer, project: Project, annotator: User) -> None:
    ask(project, {"kind": "critique", "settings": {"rewrite": "required", "spans": False}})
    open_item(page, live_server, project, annotator)
    press(page, "h", "r", " not good", "Escape", "w", "Escape", "Enter")
    expect(page.locator("#judge-error")).to_contain_text("rewrite of Completion A changes nothing")
    press(page, "w", "Control+End", " Better.", "Escape")
    press(page, "ArrowDown", "r", " bad", "Escape", "w", "Control+A", " New.")
    submit(page)
    told = {c["completion"]: (c["text"], c["rewrite"]) for c in stored("critique")["critiques"]}
    a, b = order()
    assert told == {a: ("not good", ("Four.", "Five.")[a] + "Better."), b: ("bad", "New.")}


def test_a_rewrite_may_be_closed_again(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    ask(project, "critique", texts=["one"])
    open_item(page, live_server, project, annotator)
    press(page, "r", " text", "Escape", "w", " more", "Escape", "w")
    submit(page)
    assert stored("critique")["critiques"][0]["rewrite"] is None


def test_correction(page: Page, live_server: LiveServer, project: Project, annotator: User) -> None:
    texts = [FISH, "Cats\nare cats."]
    ask(project, "correction", texts=texts)
    open_item(page, live_server, project, annotator)
    press(page, "Enter")
    expect(page.locator("#judge-error")).to_contain_text("Completion A: correct it, or say")
    press(page, "n", "ArrowDown", "r", "Control+End", "Shift+Home", " are dogs.", "Escape")
    expect(page.locator(".changes-box:visible [data-count]")).to_have_text("2 changes")
    changed = page.locator(".changes-box:visible")
    gone, come = (("fish", "cats")[order()[1]], "dogs")
    expect(changed.locator("del")).to_have_text(gone)
    expect(changed.locator("ins")).to_have_text(come)
    submit(page)
    a, b = order()
    assert stored("correction")["corrections"][a] == {
        "completion": a,
        "text": texts[a],
        "unchanged": True,
    }
    wanted = texts[b].replace("\r\n", "\n").replace(gone, come)
    assert stored("correction")["corrections"][b] == {
        "completion": b,
        "text": wanted,
        "unchanged": False,
    }


def test_demonstration(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    ask(project, {"kind": "demonstration", "settings": {"fewest_characters": 8}}, texts=[])
    open_item(page, live_server, project, annotator)
    press(page, "Enter")
    expect(page.locator("#judge-error")).to_contain_text("Write the answer first")
    press(page, "r", " 🐟 Four", "Control+Enter")
    expect(page.locator("[data-count]")).to_have_text("6 characters.")
    expect(page.locator("#judge-error")).to_contain_text("at least 8 characters; there are 6")
    press(page, " .\nYes.")
    submit(page)
    assert stored("demonstration") == {"text": "🐟 Four.\nYes."}


def test_marking_with_a_key_of_ones_own(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    services.save_keys(annotator, {"mark": "y"})
    ask(project, "critique", texts=["some words"])
    open_item(page, live_server, project, annotator)
    press(page, "h", "y", "Shift+End", "h", "y")
    expect(page.locator(".passage:visible .quote")).to_have_text("some words")
    press(page, "Escape", "r", " fine")
    submit(page)
    assert len(stored("critique")["critiques"][0]["spans"]) == 1
