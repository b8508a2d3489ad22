"""The whole product in a browser: judge, freeze, train two models live, sample, judge blind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ready
from tests.training.conftest import toy  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser

ITEMS = 14
PATIENCE = 180_000  # milliseconds; a training is a process that imports much
SHOTS = os.environ.get("SCREENSHOTS_DIR")


@pytest.fixture
def product(tmp_path: Path, toy: str) -> Iterator[tuple[str, Path]]:  # noqa: F811
    """`manage.py run` in an empty data directory, with servers of its own; its address and directory."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    inherited = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
    environment = {
        **inherited,
        "DATA_DIR": str(tmp_path / "data"),
        "PORT": str(port),
        "BASE_MODEL": toy,
        "TOUCHSTONE_TORCH_THREADS": "1",
    }
    with (tmp_path / "run.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run"],
            cwd=settings.ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(address, process, tmp_path / "run.log")
        yield address, tmp_path / "data"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, (tmp_path / "run.log").read_text()[-2000:]


def wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{address}/healthz").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.3)
    pytest.fail(f"the product did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture
def visitor(browser: Browser, product: tuple[str, Path]) -> Iterator[Page]:
    """A page whose scripts must not fail."""
    context = browser.new_context(base_url=product[0], viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


def test_from_a_file_to_a_blind_comparison_with_the_parent(
    visitor: Page, product: tuple[str, Path], tmp_path: Path
) -> None:
    page, data = visitor, product[1]
    log_in(page, (data / "owner_password").read_text().strip())
    new_project(page)
    import_pairs(page, tmp_path)
    judge_all(page)
    freeze(page)
    train(page, "Reward model", "Held-out accuracy")
    train(page, "DPO", "Implicit-reward accuracy")
    sample_against_parent(page)
    judge_blind(page)


def shot(page: Page, name: str) -> None:
    """A picture for people to look at, where one is wanted."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def log_in(page: Page, password: str) -> None:
    page.goto("/")
    page.get_by_label("User name").fill("owner")
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()


def new_project(page: Page) -> None:
    page.goto("/projects/new/")
    page.locator("#id_name").fill("Loop")
    page.get_by_role("button", name="Make the project").click()
    page.goto("/projects/loop/")
    shot(page, "1-new-project")


def import_pairs(page: Page, tmp_path: Path) -> None:
    rows = [
        {
            "prompt": f"What about number {n}?",
            "response_a": f"Of course! Number {n} is fine.",
            "response_b": f"No idea. Number {n} is fine.",
        }
        for n in range(ITEMS)
    ]
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    page.goto("/projects/loop/import/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    shot(page, "2-import-mapping")
    page.get_by_role("button", name="Start the import").click()
    expect(page.locator("#job, main").get_by_text("Done").first).to_be_visible(timeout=PATIENCE)
    shot(page, "3-import-done")


def judge_all(page: Page) -> None:
    """By keyboard alone; the polite answer wins, clearly."""
    page.goto("/projects/loop/judge/")
    for number in range(ITEMS):
        expect(page.locator(".judge-bar .count")).to_have_text(str(number))
        expect(page.locator(".kind.active")).to_have_count(1)
        item = page.locator("#judging").get_attribute("data-item")
        left = page.locator(".completion").first.inner_text()
        key = "1" if "Of course" in left else "2"
        page.keyboard.press(key)
        page.keyboard.press(key)
        if number == 3:
            shot(page, "4-judging")
        page.keyboard.press("Enter")
        expect(page.locator(f'#judging[data-item="{item}"]')).to_have_count(0)
    expect(page.get_by_text("All done")).to_be_visible()


def freeze(page: Page) -> None:
    page.goto("/projects/loop/snapshots/")
    page.get_by_role("button", name="Freeze").click()
    link = page.get_by_role("link", name=re.compile("snapshot", re.I)).last
    expect(page.get_by_text("Done").first).to_be_visible(timeout=PATIENCE)
    expect(link).to_be_visible()


def train(page: Page, recipe: str, measured: str) -> None:
    page.goto("/projects/loop/snapshots/")
    page.locator("tbody a").first.click()
    page.get_by_role("link", name=f"Train {recipe}", exact=True).click()
    page.locator('[name$="epochs"]').fill("30")
    page.locator('[name$="batch_size"]').first.fill("4")
    page.get_by_role("button", name="Train").click()
    expect(page.locator(".chart svg").first).to_be_visible(timeout=PATIENCE)  # while it runs
    shot(page, f"5-{recipe}-live")
    ended = page.get_by_text(re.compile("^(Done|Failed)$")).first
    expect(ended).to_be_visible(timeout=PATIENCE)
    expect(ended).to_have_text("Done")
    expect(page.get_by_text(measured).first).to_be_visible()
    shot(page, f"6-{recipe}-done")


def sample_against_parent(page: Page) -> None:
    page.goto("/projects/loop/checkpoints/")
    page.locator("tbody th a", has_text="dpo").first.click()
    shot(page, "7-checkpoint")
    page.get_by_role("link", name=re.compile("Sample against")).click()
    expect(page.locator("#id_prompt")).to_be_visible()
    ready(page)
    page.locator("#id_prompt").fill("What about number 99?")
    page.locator("#id_n").fill("3")
    page.locator("#id_max_new_tokens").fill("16")
    page.locator("#id_prompt").press("Control+Enter")
    expect(page.get_by_role("button", name="Judge these blind")).to_be_visible(timeout=PATIENCE)
    shot(page, "8-samples")


def judge_blind(page: Page) -> None:
    page.get_by_role("button", name="Judge these blind").click()
    page.wait_for_url("**/judge/**")
    expect(page.locator(".prompt .text").last).to_have_text("What about number 99?")
    shown = page.locator("main").inner_text()
    assert "dpo" not in shown
    assert "policy" not in shown.lower()
    expect(page.locator(".kind.active")).to_have_count(1)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator(".reveal")).to_contain_text("dpo")
    shot(page, "9-revealed")
