"""The pages about quality in a browser: light and dark, wide and narrow, and axe-core has nothing serious to say."""

from __future__ import annotations

from typing import Literal

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Project, Prompt, Source, User
from feedback.selectors.disputes import disputed as disputed_items
from feedback.services import NewSubmission, annotator_for, submit_judgment
from tests.browser.conftest import log_in
from tests.browser.test_accessible import serious
from tests.crowd import crowd_of
from training.services import run_here, start_quality_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_about_quality(
    browser: Browser,
    live_server: LiveServer,
    project: Project,
    owner: User,
    scheme: Literal["light", "dark"],
) -> None:
    sorts = {"good": 0.95, "fine": 0.85, "a-rather-long-name-of-somebody": 0.8, "left": -1}
    crowd = crowd_of(project, sorts, items=30, overlap=4)
    Prompt.objects.filter(pk__lte=Prompt.objects.order_by("pk")[15].pk).update(tags=["facts"])
    judge = annotator_for(project, Source.JUDGE, "rule/longer-is-better")
    for n, (item, better) in enumerate(crowd.truth.items()):
        answer = {"pairwise": {"choice": ("first", "second")[better if n % 5 else 1 - better]}}
        submit_judgment(NewSubmission(item, judge, answer, f"j{n}"))
    with browser.new_context(
        base_url=live_server.url, color_scheme=scheme, bypass_csp=True
    ) as context:
        page = context.new_page()
        log_in(page, live_server, owner)
        address = reverse("quality", args=[project.slug])
        page.goto(address)
        expect(page.get_by_role("button", name="Compute")).to_be_visible()
        assert serious(page) == []
        run_here(start_quality_report(project, owner))
        left = reverse("annotator", args=[project.slug, crowd.annotators["left"].pk])
        queue = reverse("review", args=[project.slug])
        disputed = reverse("review_item", args=[project.slug, in_dispute(project)])
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            for one in (address, left, queue, disputed):
                page.goto(one)
                for summary in page.locator("main summary").all():
                    summary.click()
                assert serious(page) == []
                assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("button", name="Decide for this").first.click()
        expect(page.get_by_text("Decided by")).to_be_visible()
        assert serious(page) == []


def in_dispute(project: Project) -> int:
    """The item that comes first in the queue."""
    return disputed_items(project).rows[0].item.pk
