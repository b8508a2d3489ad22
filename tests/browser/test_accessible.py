"""axe-core on the pages of judging, light and dark: nothing serious, nothing critical."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Project, User
from tests.browser.conftest import log_in
from tests.cast import judge, new_item

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = """# Answer

A paragraph with `code`, a [link](https://example.org) and a list:

- one
- two

| a | b |
|---|--:|
| 1 | 2 |

```python
def double(x: int) -> int:  # twice
    return "no" if x is None else 2 * x
```
"""


def serious(page: Page) -> list[tuple[str, Any]]:
    """What axe finds that keeps people out."""
    found = Axe().run(page).response["violations"]
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in grave]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_of_judging(
    browser: Browser,
    live_server: LiveServer,
    project: Project,
    owner: User,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    project.guidelines = TEXT
    project.save()
    item = new_item(project, TEXT, texts=[TEXT, TEXT.replace("two", "three")])
    with browser.new_context(
        base_url=live_server.url,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        bypass_csp=True,  # axe is put into the page as a script of its own
    ) as context:
        page = context.new_page()
        log_in(page, live_server, owner)
        page.goto(reverse("judge", args=[project.slug]))
        expect(page.locator(".kind.active")).to_have_count(1)
        page.keyboard.press("1")
        assert serious(page) == []
        page.keyboard.press("s")
        assert serious(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        assert serious(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="All done")).to_be_visible()
        assert serious(page) == []
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_text("You answered this already.")).to_be_visible()
        assert serious(page) == []
        for address in (reverse("item", args=[project.slug, item.pk]), reverse("account_keys")):
            page.goto(address)
            assert serious(page) == []


def tabs_on(page: Page, project: Project) -> list[str]:
    """The addresses of the groups of tabs, and of the tabs in the open one."""
    links = page.get_by_role("navigation", name=project.name).get_by_role("link").all()
    return [str(link.get_attribute("href")) for link in links]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_of_a_project(
    browser: Browser,
    live_server: LiveServer,
    project: Project,
    owner: User,
    annotator: User,
    scheme: Literal["light", "dark"],
) -> None:
    """And the pages beside projects; at 360 px nothing hangs over either."""
    new_item(project, TEXT, texts=[TEXT, TEXT])
    judge(project, annotator)
    with browser.new_context(
        base_url=live_server.url,
        color_scheme=scheme,
        viewport={"width": 360, "height": 800},
        bypass_csp=True,
    ) as context:
        page = context.new_page()
        log_in(page, live_server, owner)
        page.goto(reverse("project", args=[project.slug]))
        addresses = dict.fromkeys(tabs_on(page, project))
        for group in list(addresses):
            page.goto(group)
            addresses |= dict.fromkeys(tabs_on(page, project))
        assert len(addresses) >= 14
        for address in (*addresses, reverse("projects"), reverse("jobs"), reverse("project_new")):
            page.goto(address)
            assert serious(page) == [], address
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
