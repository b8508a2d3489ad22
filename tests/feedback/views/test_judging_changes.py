"""Drafts, the last answer opened again, taking it back, gates and progress, through the Django client."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from feedback.models import Assignment, Draft, Judgment, Project, Submission, User
from feedback.selectors import live_judgments
from tests.cast import ClientOf, judge, new_item, new_project
from tests.feedback.views.test_judging import FRAGMENT, answer, hidden, url

MOST_QUERIES = 18  # of one request, with its session, user and transaction


@pytest.fixture
def browser(annotator: User, client_of: ClientOf) -> Client:
    return client_of(annotator)


def address(project: Project, view: str, *args: object) -> str:
    return reverse(view, args=[project.slug, *args])


def submitted(browser: Client, project: Project) -> Submission:
    """What the annotator has judged by the page."""
    typed = {"choice": "first", "strength": 3, "reason": "A <b>bold</b> reason"}
    posted = answer(browser.get(url(project)), pairwise=typed) | {"lead_time": "4.5", "edits": "2"}
    assert browser.post(url(project), posted, headers=FRAGMENT).status_code == 200
    return Submission.objects.latest("pk")


def test_a_draft_is_painted_again(browser: Client, project: Project) -> None:
    new_item(project)
    page = browser.get(url(project))
    fields = {"pairwise.reason": 'A "quoted" reason', "pairwise.strength": "3"}
    body = {"fields": json.dumps(fields), "lead_time": "12.5", "edits": "4"}
    draft = address(project, "judge_draft", hidden(page)["assignment"])
    assert browser.post(draft, body, headers=FRAGMENT).status_code == 204
    html = browser.get(url(project)).content.decode()
    assert "A &quot;quoted&quot; reason</textarea>" in html
    assert re.search(r'name="pairwise.strength"\s+value="3"[^>]*checked', html)
    assert 'data-lead-time="12.5"' in html
    assert 'data-edits="4"' in html


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_draft"),
        ({"fields": "[]"}, "invalid_draft"),
        ({"fields": '{"a": "\\u0000"}'}, "invalid_draft"),
        ({"fields": "{}", "lead_time": "long"}, "invalid_lead_time"),
        ({"fields": "{}", "edits": "many"}, "invalid_edits"),
    ],
)
def test_a_wrong_draft(browser: Client, project: Project, body: dict[str, str], code: str) -> None:
    new_item(project)
    draft = address(project, "judge_draft", hidden(browser.get(url(project)))["assignment"])
    response = browser.post(draft, body, headers=FRAGMENT)
    assert response.status_code == 400
    assert code in response.content.decode()
    assert not Draft.objects.exists()


def test_the_last_answer_is_opened_filled_in(browser: Client, project: Project) -> None:
    new_item(project)
    old = submitted(browser, project)
    last = browser.get(address(project, "judge_last"), headers=FRAGMENT)
    html = last.content.decode()
    assert "<html" not in html
    assert "A &lt;b&gt;bold&lt;/b&gt; reason</textarea>" in html
    assert 'data-lead-time="4.5"' in html
    assert "assignment" not in hidden(last)
    assert [s.index for s in last.context["question"].shown] == old.order
    posted = answer(last, pairwise={"choice": "second"})
    response = browser.post(url(project), posted, headers=FRAGMENT)
    new = response.context["last"].submission
    assert (new.amends, response.context["done_now"]) == (old, 1)
    assert [j.answer["choice"] for j in live_judgments()] == ["second"]


def test_the_last_answer_without_scripts(browser: Client, project: Project) -> None:
    new_item(project)
    old = submitted(browser, project)
    page = browser.get(address(project, "judge_last"))
    assert "<html" in page.content.decode()
    fields = {"pairwise.choice": "", "pairwise.reason": "not this one", "pairwise.strength": "1"}
    refused = browser.post(url(project), hidden(page) | fields)
    assert refused.status_code == 400
    assert "not this one</textarea>" in refused.content.decode()
    assert hidden(refused)["amends"] == str(old.pk)
    again = browser.post(url(project), hidden(refused) | fields | {"pairwise.choice": "tie"})
    assert again.status_code == 302
    assert [j.answer["reason"] for j in live_judgments()] == ["not this one"]


def test_taking_the_last_answer_back(browser: Client, project: Project) -> None:
    first, _ = new_item(project, "One?"), new_item(project, "Two?")
    old = submitted(browser, project)
    browser.get(url(project))  # the next item is on the screen by now
    response = browser.post(address(project, "judge_undo"), headers=FRAGMENT)
    assert hidden(response)["item"] == str(first.pk)
    assert hidden(response)["key"] != old.key
    assert "A &lt;b&gt;bold&lt;/b&gt; reason</textarea>" in response.content.decode()
    assert response.context["done_now"] == 0
    assert not live_judgments().exists()
    assert hidden(browser.get(url(project)))["item"] == str(first.pk)
    posted = answer(response, pairwise={"choice": "tie"})
    assert browser.post(url(project), posted, headers=FRAGMENT).status_code == 200
    assert Judgment.objects.count() == 2
    assert [j.answer["choice"] for j in live_judgments()] == ["tie"]


def test_taking_back_without_scripts(browser: Client, project: Project) -> None:
    new_item(project)
    submitted(browser, project)
    response = browser.post(address(project, "judge_undo"))
    assert response.headers["Location"] == url(project)
    assert "amends" not in hidden(browser.get(url(project)))


def test_too_late_to_change(browser: Client, project: Project) -> None:
    new_item(project)
    old = submitted(browser, project)
    opened = browser.get(address(project, "judge_last"), headers=FRAGMENT)
    late = timezone.now() - timedelta(minutes=project.grace_minutes)
    Assignment.objects.update(closed_at=late)
    for response in (
        browser.get(address(project, "judge_last"), headers=FRAGMENT),
        browser.post(address(project, "judge_undo"), headers=FRAGMENT),
        browser.post(url(project), answer(opened, pairwise={"choice": "tie"}), headers=FRAGMENT),
    ):
        assert response.status_code == 409
        assert "cannot_change_grace_over" in response.content.decode()
    assert Submission.objects.get() == old


def test_the_gate_is_told(owner: User, reviewer: User, annotator: User, browser: Client) -> None:
    project = new_project(owner, reviewer, annotator, kinds=["willingness_to_pay"], name="Worth")
    new_item(project)
    for response in (
        browser.get(url(project)),
        browser.post(address(project, "judge_next"), headers=FRAGMENT),
    ):
        html = response.content.decode()
        assert 'data-code="gate"' in html
        assert address(project, "gate", response.context["gate"].pk) in html
    assert not Assignment.objects.exists()


def test_progress_is_counted_as_it_is_but_of_many_items_now_and_then(
    browser: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    for n in range(4):
        new_item(project, f"{n}?")
    submitted(browser, project)
    progress = browser.get(address(project, "judge_progress"))
    assert (progress.context["done_now"], progress.context["done_ever"]) == (1, 1)
    assert progress.context["progress"].percent == 25
    monkeypatch.setattr("feedback.selectors.progress.MANY", 4)
    for _ in range(2):
        submitted(browser, project)
        again = browser.get(address(project, "judge_progress"))
        assert again.context["progress"].percent == 50  # then half a minute old at most
    assert again.context["done_ever"] == 3


def test_the_list_of_items_counts_an_answer_once(
    browser: Client, project: Project, owner: User, client_of: ClientOf
) -> None:
    new_item(project, "Other?", overlap=2)
    judge(project, owner)
    submitted(browser, project)
    last = browser.get(address(project, "judge_last"), headers=FRAGMENT)
    browser.post(url(project), answer(last, pairwise={"choice": "tie"}), headers=FRAGMENT)

    def answers() -> list[int]:
        rows = client_of(owner).get(address(project, "items")).context["rows"]
        return [row["item"].answers for row in rows]

    assert answers() == [2]
    browser.post(address(project, "judge_undo"))
    assert answers() == [1]


def test_requests_of_the_loop_ask_little(browser: Client, project: Project) -> None:
    """Neither submitting nor fetching ahead depends on how many items there are."""
    counts = []
    for items in (3, 30):
        for n in range(items):
            new_item(project, f"{items}: {n}?")
        page = browser.get(url(project))
        with CaptureQueriesContext(connection) as fetching:
            after = {"after": hidden(page)["assignment"]}
            browser.post(address(project, "judge_next"), after, headers=FRAGMENT)
        with CaptureQueriesContext(connection) as submitting:
            posted = answer(page, pairwise={"choice": "tie"})
            browser.post(url(project), posted, headers=FRAGMENT)
        counts.append((len(fetching), len(submitting)))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= MOST_QUERIES, counts
