"""Thumbs on the sampling page in a real browser, by keyboard alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback import services
from feedback.models import Completion, Impression, Project, User
from feedback.selectors.reactions import Reaction, reaction_of
from tests.browser.conftest import log_in
from training import streams
from training.models import Policy
from training.sampler import serve

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sampler() -> Iterator[None]:
    """The sampler at work in a thread."""
    streams.client().delete(streams.REQUESTS)  # what other tests asked for
    streams.client().set(streams.ALIVE, "1", ex=120)
    stop = threading.Event()
    worker = threading.Thread(target=serve, args=(stop,))
    worker.start()
    yield
    stop.set()
    worker.join()
    streams.client().delete(streams.ALIVE, streams.REQUESTS)


def reaction(project: Project, user: User) -> Reaction | None:
    """What the user says of the one sample."""
    annotator = services.annotator_for_user(project, user)
    return reaction_of(Completion.objects.get(), annotator)


def sample(page: Page, live_server: LiveServer, project: Project, user: User) -> None:
    """Ask a scripted policy for one answer."""
    Policy.objects.create(
        project=project, name="fixed", kind="scripted", settings={"answers": ["Four."]}
    )
    log_in(page, live_server, user)
    page.goto(reverse("sampling", args=[project.slug]))
    page.locator("[name=n]").fill("1")
    page.locator("[name=prompt]").fill("What is two and two?")
    page.keyboard.press("Control+Enter")


@pytest.mark.usefixtures("sampler")
def test_a_thumb_by_keyboard(
    page: Page, live_server: LiveServer, project: Project, owner: User
) -> None:
    """Up, then down with a tag and a reason, seen again after the page was painted anew."""
    sample(page, live_server, project, owner)
    up = page.get_by_role("button", name="Up", exact=True)
    down = page.get_by_role("button", name="Down", exact=True)
    expect(up).to_have_attribute("aria-pressed", "false")
    assert Impression.objects.count() == 1

    up.focus()
    page.keyboard.press("Enter")
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(up).to_be_focused()  # the answer did not take the focus away
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(down).to_have_attribute("aria-pressed", "true")

    page.get_by_label("wrong", exact=True).focus()
    page.keyboard.press("Space")
    page.get_by_label("Reason").focus()
    page.keyboard.type("It is five.")
    with page.expect_response("**/sampling/thumb/**"):
        page.keyboard.press("Enter")  # sends, and does not turn the thumb
    expect(page.get_by_role("status").filter(has_text="Stored")).to_be_visible()
    expect(page.get_by_label("wrong", exact=True)).to_be_checked()
    said = reaction(project, owner)
    assert said is not None
    assert (said.desirable, said.tags, said.reason) == (False, ("wrong",), "It is five.")
    assert Impression.objects.count() == 1

    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []

    page.get_by_role("button", name="Take back").focus()
    page.keyboard.press("Enter")
    expect(down).to_have_attribute("aria-pressed", "false")
    assert reaction(project, owner) is None


PRESS_AT_ONCE = """
new MutationObserver((_, watch) => {
  const up = document.querySelector(".thumb-up[aria-pressed=false]");
  if (!up) return;
  watch.disconnect();
  up.click();
}).observe(document, { childList: true, subtree: true });
"""


@pytest.mark.usefixtures("sampler")
def test_a_thumb_pressed_the_moment_it_is_there(
    page: Page, live_server: LiveServer, project: Project, owner: User
) -> None:
    """It is sent by htmx like any other; the page with its samples stays."""
    page.add_init_script(PRESS_AT_ONCE)
    sample(page, live_server, project, owner)
    up = page.get_by_role("button", name="Up", exact=True)
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("Four.")).to_be_visible()
