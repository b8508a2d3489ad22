"""Reading aids in a browser: differences, the source, copying, images, one's own keys, time spent."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback import services
from feedback.models import Assignment, Completion, Draft, Project, Submission, User
from tests.browser.conftest import log_in, wait_for
from tests.browser.test_judging import expect_item, open_judging
from tests.cast import new_item

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CODE = "Some **bold** words.\n\n```python\nprint(1)\n```\n"
MARKED = """() => ["differences-first", "differences-second"].map((name) =>
    [...(CSS.highlights.get(name) || [])].map((range) =>
        range.startContainer.data.slice(range.startOffset, range.endOffset)))"""


def test_differences_are_marked_and_counted(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    new_item(project, texts=["The cat sat on a mat.", "The dog sat on a *red* mat."])
    open_judging(page, live_server, project, annotator)
    expect_item(page, "What is two and two?")
    page.keyboard.press("d")
    order = Assignment.objects.get().order
    words: list[list[str]] = [["cat"], ["dog", "red"]]
    assert page.evaluate(MARKED) == [words[index] for index in order]
    counts = [f"{len(words[index])} word{'s' * (index == 1)} not in" for index in order]
    for place, count in enumerate(counts):
        expect(page.locator("[data-differences]").nth(place)).to_contain_text(count)
    expect(page.locator("#announcer")).to_contain_text("only in A")
    expect(page.locator("[data-tool=differences]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("d")
    assert page.evaluate(MARKED) == [[], []]


def test_the_source_and_copying(
    context: BrowserContext,
    page: Page,
    live_server: LiveServer,
    project: Project,
    annotator: User,
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    new_item(project, texts=[CODE, CODE])
    open_judging(page, live_server, project, annotator)
    expect_item(page, "What is two and two?")
    page.locator("[data-copy-code]").first.click()
    expect(page.locator("[data-copy-code]").first).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "print(1)\n"
    page.locator("[data-copy]").first.click()
    expect(page.locator("[data-copy]").first).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == CODE
    expect(page.locator(".completion strong", has_text="bold").first).to_be_visible()
    page.keyboard.press("m")
    expect(page.get_by_text("Some **bold** words.").first).to_be_visible()
    expect(page.locator(".completion strong", has_text="bold").first).to_be_hidden()
    page.reload()
    expect(page.get_by_text("Some **bold** words.").first).to_be_visible()  # it stays


def test_images_keep_their_place_and_broken_ones_say_so(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    item = new_item(project)
    media = {"type": "image", "url": f"{live_server.url}/none.png", "width": 640, "height": 480}
    Completion.objects.filter(slots__item=item).update(media=media, text="")
    slow = item.slots.all()[0].completion
    slow.media = media | {"url": f"{live_server.url}/slow.png"}
    slow.save()
    page.route("**/slow.png", lambda route: None)  # it is still on its way
    log_in(page, live_server, annotator)
    page.goto(reverse("judge", args=[project.slug]), wait_until="domcontentloaded")
    expect_item(page, "What is two and two?")
    expect(page.locator(".media figcaption:visible")).to_have_count(1)
    expect(page.locator(".media figcaption:visible")).to_contain_text("could not be loaded")
    box = page.locator(".media img:visible").bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(640 / 480, rel=0.02)


def test_own_keys(page: Page, live_server: LiveServer, project: Project, annotator: User) -> None:
    services.save_keys(annotator, {"submit": "y", "number-1": "q"})
    new_item(project, "One?")
    new_item(project, "Two?")
    open_judging(page, live_server, project, annotator)
    expect_item(page, "One?")
    expect(page.locator("#submit kbd")).to_have_text("y")
    page.keyboard.press("1")
    expect(page.locator("input[data-place='1']")).not_to_be_checked()
    page.keyboard.press("q")
    expect(page.locator("input[data-place='1']")).to_be_checked()
    page.keyboard.press("Enter")
    expect_item(page, "One?")
    page.keyboard.press("y")
    expect_item(page, "Two?")
    page.keyboard.press("?")
    expect(page.locator("#help dt", has_text="y").first).to_be_visible()
    page.keyboard.press("Escape")


def test_binding_a_key_by_pressing_it(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    open_judging(page, live_server, project, annotator)
    page.goto(reverse("account_keys"))
    page.get_by_label("Skip the item").focus()
    page.keyboard.press("r")
    expect(page.locator("#key-problem")).to_contain_text("Write a reason")
    page.keyboard.press("k")
    expect(page.get_by_label("Skip the item")).to_have_value("k")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    annotator.refresh_from_db()
    assert annotator.preferences["keys"] == {"skip": "k"}


def test_idle_time_does_not_count(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    new_item(project)
    page.clock.install()
    open_judging(page, live_server, project, annotator)
    expect_item(page, "What is two and two?")
    page.clock.run_for(10_000)
    page.keyboard.press("1")
    page.clock.run_for(10 * 60_000)  # nobody is there: a minute of it counts
    page.keyboard.press("2")
    page.clock.run_for(1500)
    wait_for(page, lambda: Draft.objects.filter(edits=2).exists())
    page.reload()
    expect_item(page, "What is two and two?")
    page.clock.run_for(5000)
    page.keyboard.press("Enter")
    wait_for(page, lambda: Submission.objects.exists())
    stored = Submission.objects.get()
    assert 74 <= (stored.lead_time or 0) < 300  # the clock goes on by itself, too
    assert stored.edits == 2
