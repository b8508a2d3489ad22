"""Hostile and unruly text on the judging page: nothing runs, nothing is fetched, nothing sticks out."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Project, User
from tests.browser.test_judging import open_judging
from tests.cast import new_item

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ZALGO = "Z" + "\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307" * 60 + "algo"
TEXTS = {
    "script": "<script>window.hacked = 1; alert(1)</script>",
    "closing": "</div></article></section></main><h1 id='judging'>mine</h1>",
    "handlers": "<img src=x onerror='window.hacked=1'><b onmouseover='window.hacked=1'>x</b>",
    "svg": "<svg onload='window.hacked=1'><script>window.hacked=1</script></svg>",
    "style": "<style>body{display:none}</style><p style='position:fixed;inset:0'>x</p>",
    "frame": "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe><object data='x'>",
    "form": "<form action='https://evil.example'><button>Submit</button></form>",
    "links": "[click](javascript:window.hacked=1) <javascript:window.hacked=1> [x](data:text/html,x)",
    "image": "![x](https://evil.example/pixel.png) <img src='https://evil.example/pixel.png'>",
    "htmx": "<div hx-get='/jobs/' hx-trigger='load'>x</div> {{ 7|add:7 }} {% now 'Y' %}",
    "word": "W" * 20_000,
    "code": "```python\n" + "x" * 5000 + "\n```",
    "table": "|" + " a |" * 60 + "\n|" + "-|" * 60 + "\n|" + " bbbbbbbbbb |" * 60,
    "rtl": "\u202eright to left override \u2067 isolate \u202b embedded, never closed",
    "arabic": "# مرحبا\n\nهذا نص عربي مع `code` و English.\n\n- واحد\n- اثنان",  # noqa: RUF001
    "zalgo": ZALGO,
    "nested": "> " * 500 + "deep",
    "lists": "".join("  " * n + "- x\n" for n in range(55)),
    "long": "A sentence that goes on. " * 8000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_does_no_harm(
    page: Page, live_server: LiveServer, project: Project, annotator: User, name: str
) -> None:
    dialogs: list[str] = []
    asked: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    new_item(project, TEXTS[name], texts=[TEXTS[name], "Fine."])
    page.set_viewport_size({"width": 360, "height": 740})
    open_judging(page, live_server, project, annotator)
    expect(page.locator(".kind.active")).to_have_count(1)
    page.keyboard.press("d")
    page.keyboard.press("m")
    page.keyboard.press("m")
    assert page.evaluate("window.hacked") is None
    assert dialogs == []
    assert [url for url in asked if not url.startswith(live_server.url)] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelectorAll('#judging').length") == 1
    assert page.locator(".rendered :is(script, img, svg, style, iframe, form, object)").count() == 0
    assert _leaks(page) == []
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("All done")).to_be_visible()


def test_hostile_text_elsewhere(
    page: Page, live_server: LiveServer, project: Project, owner: User
) -> None:
    everything = "\n\n".join(
        TEXTS[name] for name in ("script", "handlers", "svg", "links", "image")
    )
    project.guidelines = everything
    project.save()
    item = new_item(project, everything, texts=[everything, ZALGO], labels=["<b>x</b>", "m"])
    open_judging(page, live_server, project, owner)
    page.goto(reverse("item", args=[project.slug, item.pk]))
    page.locator("details:has([name=note]) > summary").click()
    page.get_by_label("What to learn from it").fill(everything)
    page.get_by_role("button", name="Make it an example").click()
    expect(page.get_by_text("Annotators see the item beside the guidelines.")).to_be_visible()
    page.goto(reverse("judge", args=[project.slug]))
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    expect(page.locator(".example .note")).to_contain_text("<script>")
    assert page.evaluate("window.hacked") is None
    assert page.locator(".guidelines :is(script, img, svg)").count() == 0


def _leaks(page: Page) -> list[str]:
    """Blocks of text that paint outside their completion without being clipped."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".text")].filter((text) => !text.hidden
            && getComputedStyle(text).overflowX !== "clip").map((text) => text.className)"""
    )
    return found
