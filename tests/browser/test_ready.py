"""What is on the screen works, however slow the machine: early keys count, and no part is replaced under a finger."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Response, Route, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Judgment, Project, User
from tests.browser.conftest import log_in, wait_for
from tests.cast import new_item
from training.models import Job
from training.services import start_quality_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SLOW = 6  # times slower than this machine

# Presses keys in the first moment in which a person could see the item.
PRESS_AT_ONCE = """
const watch = () => {
  const shown = document.querySelector(".kind") && getComputedStyle(document.body).opacity === "1";
  if (!shown) return requestAnimationFrame(watch);
  for (const key of ["2", "2", "Enter"]) {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  }
};
requestAnimationFrame(watch);
"""


@pytest.mark.parametrize("late", ["**/kinds/pairwise.js", "**/judging/judge.js", "**/js/page.js"])
def test_keys_count_from_the_first_moment(
    page: Page, live_server: LiveServer, project: Project, annotator: User, late: str
) -> None:
    """Both presses of the key are there: the strength is not less than was meant."""
    new_item(project)
    held: list[Route] = []
    page.route(late, lambda route: held.append(route))
    page.add_init_script(PRESS_AT_ONCE)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOW})
    log_in(page, live_server, annotator)
    page.goto(reverse("judge", args=[project.slug]), wait_until="commit")
    expect(page.locator(".kind")).to_be_attached()
    wait_for(page, lambda: bool(held))
    page.wait_for_timeout(300)  # a person would have read by now, were there anything to see
    for route in held:
        route.continue_()
    expect(page.get_by_text("All done")).to_be_attached()
    assert Judgment.objects.get().answer["strength"] == 2


def test_where_the_scripts_do_not_come_the_page_is_shown_without_them(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    new_item(project)
    page.route("**/js/page.js", lambda route: route.abort())
    animations = page.context.new_cdp_session(page)
    animations.send("Animation.enable")
    animations.send("Animation.setPlaybackRate", {"playbackRate": 20})  # it takes ten seconds else
    log_in(page, live_server, annotator)
    page.goto(reverse("judge", args=[project.slug]))
    expect(page.locator("body")).to_have_css("opacity", "1")
    expect(page.locator("body")).to_have_css("pointer-events", "auto")


def test_where_a_kinds_script_does_not_come_it_is_said_and_the_form_answers(
    page: Page, live_server: LiveServer, project: Project, annotator: User
) -> None:
    new_item(project)
    page.route("**/kinds/pairwise.js", lambda route: route.abort())
    log_in(page, live_server, annotator)
    page.goto(reverse("judge", args=[project.slug]))
    expect(page.locator("#judge-error")).to_contain_text("its keys do nothing")
    page.get_by_role("radio", name="A is better").check(force=True)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("All done")).to_be_visible()
    assert Judgment.objects.get().answer["choice"] in ("first", "second")


def test_a_button_is_not_replaced_while_it_is_pressed(
    page: Page, live_server: LiveServer, project: Project, owner: User
) -> None:
    """The part renews itself every second and a half; a slow finger still cancels the job."""
    job = start_quality_report(project, owner)
    renewed: list[Response] = []
    live = reverse("job_live", args=[job.pk])
    page.on("response", lambda found: renewed.append(found) if live in found.url else None)
    log_in(page, live_server, owner)
    page.goto(reverse("job", args=[job.pk]))
    wait_for(page, lambda: bool(renewed))
    page.get_by_role("button", name="Cancel").hover()
    page.mouse.down()
    seen = len(renewed)
    wait_for(page, lambda: len(renewed) >= seen + 2)
    page.mouse.up()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    assert Job.objects.get().state == "cancelled"
