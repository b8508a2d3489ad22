"""Willingness to pay in Chromium, by keyboard alone: gate, practice, real items, the end of a session."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback.kinds import get_kind
from feedback.models import Assignment, Judgment, KindRecord, Project, User
from feedback.services.records import audit, close_session
from tests.browser.conftest import log_in, ready
from tests.cast import judge, new_item, new_project

WTP = "willingness_to_pay"
KEYBOARD_ONLY = """for (const name of ["mousedown", "pointerdown", "touchstart"])
  document.addEventListener(name, () => { throw new Error("not by keyboard: " + name); }, true);"""


@pytest.fixture
def make(owner: User, reviewer: User, annotator: User) -> Any:
    """A project that asks willingness to pay with these settings, with items."""

    def made(items: int = 2, **settings: Any) -> Project:
        kinds = [{"kind": WTP, "settings": settings}]
        project = new_project(owner, reviewer, annotator, name="Worth", kinds=kinds)
        for n in range(items):
            new_item(project, f"Question {n}?")
        return project

    return made


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def assert_accessible(page: Page) -> None:
    """No finding of axe-core that is serious or critical."""
    found = Axe().run(page).response["violations"]
    serious = [
        (one["id"], [node["html"] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_from_the_gate_to_the_audit_by_keyboard(
    page: Page, live_server: LiveServer, make: Any, annotator: User
) -> None:
    project = make(paid=True)
    page.add_init_script(KEYBOARD_ONLY)
    log_in(page, live_server, annotator)
    page.goto(reverse("judge", args=[project.slug]))
    expect(page.get_by_role("link", name="Begin")).to_be_visible()
    press(page, "Enter")
    answer_questions(page, project)
    for n in (1, 2):
        expect(page.get_by_text(f"Practice round {n} of 2.")).to_be_visible()
        expect(page.locator(".kind.active")).to_have_count(1)
        if n == 1:
            assert_accessible(page)
        press(page, "1", "Home", "Shift+ArrowRight", "ArrowRight", "Enter")
        expect(page.get_by_text("A by 1.10 USD")).to_be_visible()
        expect(page.locator(".wtp-outcome")).to_contain_text("The price drawn is")
        ready(page)
        press(page, "Enter")
    expect(page.locator(".commitment")).to_be_visible()
    ready(page)
    commitment = page.locator(".commitment").text_content()
    assert_accessible(page)
    press(page, "Enter")
    expect(page.locator(".kind.active")).to_have_count(1)
    assert_accessible(page)
    press(page, "2", "End", "ArrowLeft", "Enter")
    expect(page.locator(".wtp-outcome")).to_contain_text("The price drawn is")
    expect(page.locator(".conversation, .prompt").first).to_contain_text("Question 1?")
    press(page, "0", "Enter")
    expect(page.get_by_text("All done")).to_be_visible()
    first, second = Judgment.objects.order_by("pk")
    order = Assignment.objects.get(item=first.item).order
    assert first.answer["preferred"] == ("first", "second")[order[1]]
    assert first.answer["amount"] == "4.90"
    assert second.answer["preferred"] == "equal"
    end_session(page, project, commitment)


def answer_questions(page: Page, project: Project) -> None:
    """First all wrong, which is explained; then all right."""
    expect(page.get_by_text("A few questions about the rules")).to_be_visible()
    assert_accessible(page)
    settings = get_kind(WTP).settings_model.model_validate(project.kinds[0]["settings"])
    gate = get_kind(WTP).gate(settings)
    assert gate is not None
    page.locator('input[name="question.0"]').first.focus()
    for _ in gate.questions:
        press(page, "Space", "Tab")
    press(page, "Enter")
    expect(page.locator('[data-code="wrong_answers"]')).to_be_visible()
    expect(page.get_by_text(gate.questions[0].why)).to_be_visible()
    page.locator('input[name="question.0"]').first.focus()
    for question in gate.questions:
        for _ in range(question.correct):
            press(page, "ArrowDown")
        press(page, "Tab")
    press(page, "Enter")


def end_session(page: Page, project: Project, commitment: str | None) -> None:
    page.goto(reverse("kind_session", args=[project.slug, WTP]))
    expect(page.locator(".commitment").first).to_have_text(commitment or "")
    assert_accessible(page)
    page.get_by_role("button", name="End the session").focus()
    press(page, "Enter")
    expect(page.locator('[data-code="audit_passed"]')).to_be_visible()
    record = KindRecord.objects.get(purpose="session")
    assert hashlib.sha256(bytes.fromhex(record.secret)).hexdigest() == commitment
    assert audit(record) == []
    expect(page.locator(".wtp-delivered")).to_be_visible()
    page.get_by_text("Check it yourself").focus()
    press(page, "Enter")
    expect(page.get_by_text(record.secret).first).to_be_visible()
    assert_accessible(page)


def test_an_amount_above_the_endowment_is_not_sent(
    page: Page, live_server: LiveServer, make: Any, annotator: User
) -> None:
    project = make(items=1, gate=False)
    log_in(page, live_server, annotator)
    page.goto(reverse("judge", args=[project.slug]))
    expect(page.locator(".kind.active")).to_have_count(1)
    press(page, "1")
    page.keyboard.type("5,10")
    press(page, "Enter")
    expect(page.locator(".notice.error")).to_have_text("That is above your endowment of 5.00 USD.")
    assert not Judgment.objects.exists()
    press(page, "ControlOrMeta+a")
    page.keyboard.type("0,7")
    expect(page.locator("[data-left]")).to_contain_text("at least 4.30 USD left")
    press(page, "Enter")
    expect(page.get_by_text("All done")).to_be_visible()
    assert Judgment.objects.get().answer["amount"] == "0.70"


def test_arrows_move_the_switch_of_a_price_list(
    page: Page, live_server: LiveServer, make: Any, annotator: User
) -> None:
    project = make(items=1, gate=False, mechanism="price_list", direction="descending")
    page.add_init_script(KEYBOARD_ONLY)
    log_in(page, live_server, annotator)
    page.goto(reverse("judge", args=[project.slug]))
    expect(page.locator(".kind.active")).to_have_count(1)
    press(page, "1", "Enter")
    expect(page.locator(".notice.error")).to_contain_text("Decide at every price")
    press(page, "ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp")
    expect(page.locator("[data-left]")).to_contain_text("You pay up to 4.00 USD")
    assert_accessible(page)
    press(page, "Enter")
    expect(page.get_by_text("All done")).to_be_visible()
    choices = Judgment.objects.get().answer["choices"]
    assert [choice["pay"] for choice in choices] == [False] * 2 + [True] * 8
    assert choices[0]["price"] == "5.00"


def test_rows_may_be_chosen_one_by_one_where_switching_back_is_flagged(
    page: Page, live_server: LiveServer, make: Any, annotator: User
) -> None:
    project = make(items=1, gate=False, mechanism="price_list", single_switching="flag")
    log_in(page, live_server, annotator)
    page.goto(reverse("judge", args=[project.slug]))
    expect(page.locator(".kind.active")).to_have_count(1)
    press(page, "1", "ArrowDown")
    page.locator('input[name="willingness_to_pay.choices.5.pay"]').first.focus()
    press(page, "ArrowLeft")
    expect(page.locator("[data-left]")).to_contain_text("You refuse a price and pay a higher one.")
    press(page, "Control+Enter")
    expect(page.get_by_text("All done")).to_be_visible()
    judgment = Judgment.objects.get()
    assert judgment.outcome["inconsistent"] is True
    assert [choice["pay"] for choice in judgment.answer["choices"]].count(True) == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_readable_on_a_phone(
    page: Page, live_server: LiveServer, make: Any, annotator: User, owner: User, scheme: Any
) -> None:
    project = make(items=3, gate=False, paid=True, currency="EUR")
    for amount in ("1.00", "5.00"):
        judge(project, annotator, {WTP: {"preferred": "first", "amount": amount}})
    close_session(KindRecord.objects.get())
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme=scheme)
    for user, view, args in (
        (annotator, "judge", []),
        (annotator, "kind_session", [WTP]),
        (owner, "kind_report", [WTP]),
    ):
        log_in(page, live_server, user)
        page.goto(reverse(view, args=[project.slug, *args]))
        expect(page.get_by_text("EUR").first).to_be_visible()
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, view
