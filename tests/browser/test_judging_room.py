"""What is to be judged stays in sight above its form; the skip panel and the help, by keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback import services
from feedback.kinds.willingness_to_pay import WillingnessToPay
from feedback.models import Assignment, Project, User
from tests.browser.conftest import wait_for
from tests.browser.test_judging import expect_item, open_judging
from tests.cast import new_item

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = "Several words that say what is the case and why it is so. "
TALK = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is two and two?"},
    {"role": "assistant", "content": "Four, I believe."},
    {"role": "user", "content": "Are you sure?"},
]
SIZES = [(1280, 800), (1366, 768)]
# How many pixels of the completions' texts are above the form.
IN_SIGHT = """() => Math.min(...[...document.querySelectorAll('.completion .text')].slice(0, 2)
    .map((text) => document.querySelector('.dock').getBoundingClientRect().top
        - text.getBoundingClientRect().top))"""
SHARE = "document.querySelector('.dock').getBoundingClientRect().height / window.innerHeight"


@pytest.fixture(autouse=True)
def no_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands before willingness to pay has a test of its own."""
    monkeypatch.setattr(WillingnessToPay, "gate", lambda kind, settings: None)


def ask_at_length(project: Project, kind: str, texts: int, settings: dict[str, Any]) -> None:
    """An item with a talk before it, whose completions are longer than the screen."""
    project.kinds = [{"kind": kind, "settings": settings}]
    project.save()
    completions = [services.NewCompletion(WORDS * 60, {"label": f"m{n}"}) for n in range(texts)]
    new = services.NewItem(messages=TALK, completions=completions, kinds=project.kinds)
    (outcome,) = services.add_items(project, [new])
    assert outcome.item is not None, outcome.error


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("kind", "texts", "settings", "keys"),
    [
        ("ranking", 10, {}, []),
        ("critique", 2, {}, ["h", "Escape", "w", "Escape"]),
        ("rating", 2, {}, []),
        ("thumbs", 10, {}, []),
        ("willingness_to_pay", 2, {"mechanism": "price_list"}, []),
        ("willingness_to_pay", 2, {"mechanism": "bdm"}, []),
    ],
)
def test_what_is_judged_stays_in_sight(
    page: Page,
    live_server: LiveServer,
    project: Project,
    annotator: User,
    kind: str,
    texts: int,
    settings: dict[str, Any],
    keys: list[str],
    size: tuple[int, int],
) -> None:
    ask_at_length(project, kind, texts, settings)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_judging(page, live_server, project, annotator)
    expect_item(page, "Are you sure?")
    assert page.evaluate(IN_SIGHT) >= 70
    for key in keys:
        page.keyboard.press(key)
    assert page.evaluate(SHARE) <= 0.43


def test_only_a_draw_has_room_of_its_own_in_the_bar(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    new_item(project)
    open_judging(page, live_server, project, annotator)
    expect_item(page, "What is two and two?")
    heights = []
    for mechanism in ("price_list", "open", "bdm"):
        page.evaluate(
            """(mechanism) => { const form = document.querySelector('.kind');
                form.classList.add('wtp'); form.dataset.mechanism = mechanism; }""",
            mechanism,
        )
        heights.append(page.locator(".judge-bar").bounding_box()["height"])  # type: ignore[index]
    assert heights[0] == heights[1] < heights[2]


def test_words_of_ones_own_may_begin_with_a_number(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    new_item(project, "One?")
    open_judging(page, live_server, project, annotator)
    expect_item(page, "One?")
    page.keyboard.press("s")
    page.keyboard.press("r")
    page.keyboard.type("2 of the texts are the same")
    page.keyboard.press("Enter")
    expect(page.get_by_text("All done")).to_be_visible()
    assert Assignment.objects.get().skip_reason == "2 of the texts are the same"


def test_the_skip_panel_takes_the_readers_own_keys_and_no_answer(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    services.save_keys(annotator, {"number-1": "j"})
    new_item(project, "One?")
    open_judging(page, live_server, project, annotator)
    expect_item(page, "One?")
    page.keyboard.press("s")
    expect(page.locator("[data-reason-key='1'] kbd")).to_have_text("j")
    page.keyboard.press("0")
    expect(page.locator(".kind input:checked[name='pairwise.choice']")).to_have_count(0)
    page.keyboard.press("j")
    wait_for(page, lambda: Assignment.objects.get().skip_reason == "I cannot tell")


def test_skipping_without_a_reason_takes_two_keys(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    new_item(project, "One?")
    open_judging(page, live_server, project, annotator)
    expect_item(page, "One?")
    page.keyboard.press("s")
    page.keyboard.press("Escape")
    expect(page.locator("#skip-panel")).to_be_hidden()
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    expect(page.get_by_text("All done")).to_be_visible()
    assert Assignment.objects.get().skip_reason == ""


def test_the_help_opens_at_its_top(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    new_item(project, "One?")
    page.set_viewport_size({"width": 1280, "height": 500})
    open_judging(page, live_server, project, annotator)
    expect_item(page, "One?")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    assert page.evaluate("document.getElementById('help').scrollTop") == 0
    expect(page.get_by_role("heading", name="Keys")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_what_lies_below_in_the_form_is_announced(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    ask_at_length(project, "critique", 10, {})
    open_judging(page, live_server, project, annotator)
    expect(page.locator(".kinds.more")).to_have_count(1)
    page.locator("[data-reason]").last.focus()
    expect(page.locator("[data-reason]").last).to_be_in_viewport(ratio=0.9)
    page.locator(".kinds").evaluate("(box) => box.scrollTo(0, box.scrollHeight)")
    expect(page.locator(".kinds.more")).to_have_count(0)
