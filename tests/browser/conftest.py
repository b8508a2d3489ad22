"""A real Chromium on a real server. Where Chromium is missing nothing here is collected."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from feedback.models import User

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
SWITCHES = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

# Tests that cannot run must not count as passed or skipped: they are not there.
# `make test` says so on its first lines.
collect_ignore_glob = [] if CHROMIUM else ["test_*.py"]

expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    # Playwright's loop runs in this thread; the tests' own queries are made between its calls.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def context(browser: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    """A fresh browser profile whose addresses begin at the test server."""
    context = browser.new_context(base_url=live_server.url)
    yield context
    context.close()
    wait_until_idle()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must not raise an error in its scripts, nor break its own security policy."""
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: (
            problems.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield page
    assert problems == []


def ready(page: Page) -> None:
    """The page has run its scripts: until then nobody sees it, and no key does anything."""
    expect(page.locator("html.ready")).to_be_attached()


def wait_for(page: Page, happened: Callable[[], bool], seconds: int = 20) -> None:
    """Until it is so, in the page or on the server."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        page.wait_for_timeout(50)


def wait_until_idle(checks: int = 5) -> None:
    """Until the server's threads have done with the last words of pages that were closed.

    The tables are emptied after a test; a request that still runs would lock that out, or write after it.
    """
    quiet = 0
    for _ in range(200):
        quiet = 0 if _busy() else quiet + 1
        if quiet == checks:
            return
        time.sleep(0.03)


def _busy() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid != pg_backend_pid() AND state != 'idle'"
        )
        found = cursor.fetchone()
    return bool(found and found[0])


def log_in(page: Page, live_server: LiveServer, user: User) -> None:
    """Make the page's browser the user's, without the form."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    key = session.session_key
    assert key is not None
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": live_server.url}])
