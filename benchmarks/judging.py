"""How fast judging feels: from the key press to the next item painted, in Chromium, and the server's own time.

Run: .venv/bin/python -m benchmarks.judging [--items 100000] [--presses 100]
"""

from __future__ import annotations

import argparse
import shutil
import time
from typing import TYPE_CHECKING, Any

from benchmarks.place import installation, machine, percentile, web_process

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from feedback.models import Project, User

SWITCHES = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
THINKING = 500  # milliseconds between a paint and the next key: far less than reading takes

# Notes when Enter went down, and when the frame after the one with another item was drawn.
WATCH = """
window.paints = [];
let pressed = null, shown = document.querySelector("#judging").dataset.item;
addEventListener("keydown", (event) => {
  if (event.key === "Enter") pressed = event.timeStamp;
}, true);
new MutationObserver(() => {
  const item = document.querySelector("#judging")?.dataset.item;
  if (!item || item === shown || pressed === null) return;
  const since = pressed;
  [shown, pressed] = [item, null];
  requestAnimationFrame(() => requestAnimationFrame((now) => window.paints.push(now - since)));
}).observe(document.querySelector("#judging-area"), { childList: true, subtree: true });
"""


def main() -> None:
    """Build the project, press the keys, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--presses", type=int, default=100)
    asked = parser.parse_args()
    with installation():
        from benchmarks.crowd import new_project
        from feedback.models import User

        user = User.objects.create_user("bea")
        project = new_project("bench", user, asked.items)
        print(f"{asked.items} items, {asked.presses} answers each; {machine()}\n")
        with web_process() as address:
            served = _served(address, project, user, asked.presses)
            painted = _painted(address, project, user, asked.presses)
    baseline = percentile(painted["plain form, a new page"], 0.5)
    print(f"{'from Enter to the next item painted':<42} {'p50 ms':>8} {'p95 ms':>8} {'ratio':>8}")
    for name, values in painted.items():
        _print(name, values, f"{baseline / percentile(values, 0.5):.1f} x")
    print(f"\n{'server, request to answer':<42} {'p50 ms':>8} {'p95 ms':>8}")
    for name, values in served.items():
        _print(name, values, "")


def _print(name: str, values: list[float], ratio: str) -> None:
    print(f"{name:<42} {percentile(values, 0.5):8.1f} {percentile(values, 0.95):8.1f} {ratio:>8}")


def _painted(address: str, project: Project, user: User, presses: int) -> dict[str, list[float]]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    cookie = _session(address, user)  # before Playwright's loop, in which Django refuses to query
    path = f"{address}/projects/{project.slug}/judge/"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        found = {"plain form, a new page": _plain(browser, path, cookie, presses)}
        found["Touchstone, prefetched"] = _by_keyboard(browser, path, cookie, presses)
        browser.close()
    return found


def _by_keyboard(browser: Browser, path: str, cookie: Any, presses: int) -> list[float]:
    page = browser.new_page()
    page.context.add_cookies([cookie])
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.evaluate(WATCH)
    for n in range(presses):
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        page.wait_for_function("n => window.paints.length > n", arg=n)
        page.wait_for_timeout(THINKING)
    paints: list[float] = page.evaluate("window.paints")
    page.close()
    return paints


def _plain(browser: Browser, path: str, cookie: Any, presses: int) -> list[float]:
    """The same form without script: what a page without prefetching costs here."""
    page = browser.new_page(java_script_enabled=False)
    page.context.add_cookies([cookie])
    page.goto(path)
    found = []
    for _ in range(presses):
        page.check("input[name='pairwise.choice'][value='first']", force=True)
        before = time.perf_counter()
        with page.expect_navigation(wait_until="load"):
            page.press("input[name='pairwise.choice'][value='first']", "Enter")
        found.append((time.perf_counter() - before) * 1000)
    page.close()
    return found


def _served(address: str, project: Project, user: User, presses: int) -> dict[str, list[float]]:
    """Lease and submit over REST, one after the other, timed by the client."""
    import httpx

    from feedback.services import create_token

    found: dict[str, list[float]] = {"next": [], "submit": []}
    headers = {"Authorization": f"Bearer {create_token(user)}"}
    with httpx.Client(base_url=f"{address}/api/v1/", headers=headers) as client:
        for n in range(presses):
            leased = _timed(found["next"], client, "POST", f"projects/{project.slug}/next/", None)
            body = {
                "assignment": leased["assignment"]["id"],
                "key": f"bench-{n}",
                "answers": {"pairwise": {"choice": "first"}},
            }
            path = f"items/{leased['item']['id']}/judgments/"
            _timed(found["submit"], client, "POST", path, body)
    return found


def _timed(times: list[float], client: Any, method: str, path: str, body: Any) -> Any:
    before = time.perf_counter()
    response = client.request(method, path, json=body)
    times.append((time.perf_counter() - before) * 1000)
    response.raise_for_status()
    return response.json()


def _session(address: str, user: User) -> Any:
    from django.test import Client

    client = Client()
    client.force_login(user)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}


if __name__ == "__main__":
    main()
