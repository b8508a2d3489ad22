"""Items of any kind on the judging page of a browser, and what was stored of their answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Assignment, Judgment, Project, User
from tests.browser.conftest import log_in
from tests.cast import new_item

KEYBOARD_ONLY = """for (const name of ["mousedown", "pointerdown", "touchstart"])
  document.addEventListener(name, () => { throw new Error("not by keyboard: " + name); }, true);"""


def ask(
    project: Project,
    *kinds: str | dict[str, Any],
    texts: Sequence[str] = ("Four.", "Five."),
) -> None:
    """One item of these kinds; settings come as `{"kind": ..., "settings": ...}`."""
    project.kinds = [{"kind": kind} if isinstance(kind, str) else kind for kind in kinds]
    project.save()
    new_item(project, texts=texts, labels=[f"m{n}" for n in range(len(texts))])


def open_item(page: Page, live_server: LiveServer, project: Project, user: User) -> None:
    """The user's next item, its scripts ready."""
    log_in(page, live_server, user)
    page.goto(reverse("judge", args=[project.slug]))
    expect(page.locator(".kind.active")).to_have_count(1)


def press(page: Page, *keys: str) -> None:
    """Keys one after the other; a text of several characters with a space before it is typed."""
    for key in keys:
        if key.startswith(" ") and len(key) > 1:
            page.keyboard.type(key[1:])
        else:
            page.keyboard.press(key)


def submit(page: Page) -> None:
    """Sends the answer, which must be taken."""
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("All done")).to_be_visible()


def stored(kind: str) -> dict[str, Any]:
    """The one stored answer of that kind."""
    answer: dict[str, Any] = Judgment.objects.get(kind=kind).answer
    return answer


def order() -> list[int]:
    """The stored index of the completion in each place of the only lease."""
    shown: list[int] = Assignment.objects.get().order
    return shown
