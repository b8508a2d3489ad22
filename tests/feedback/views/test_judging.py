"""The judging page through the Django client: with scripts' requests and with plain forms."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feedback.models import Assignment, AssignmentState, Judgment, Project, Submission, User
from tests.cast import ClientOf, lease, new_item

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def browser(annotator: User, client_of: ClientOf) -> Client:
    return client_of(annotator)


def url(project: Project) -> str:
    return reverse("judge", args=[project.slug])


def hidden(response: Any) -> dict[str, str]:
    """The hidden fields of the answer form, as a browser would send them back."""
    form = response.content.decode().split('id="answer"')[1].split("</form>")[0]
    found = re.findall(r'<input\s+type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"', form)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def answer(response: Any, **answers: Any) -> dict[str, str]:
    """The form filled in by scripts."""
    filled = {f"answers[{kind}]": json.dumps(value) for kind, value in answers.items()}
    return hidden(response) | filled


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
@pytest.mark.parametrize("place", [1, 2])
def test_plain_form_stores_the_index_of_what_was_shown(
    browser: Client, project: Project, annotator: User, order: list[int], place: int
) -> None:
    new_item(project)
    leased = lease(project, annotator)
    Assignment.objects.filter(pk=leased.pk).update(order=order)
    page = browser.get(url(project))
    shown = re.findall(
        r'name="pairwise.choice"\s+value="(\w+)"\s+data-place="(\d)"', page.content.decode()
    )
    values = {number: value for value, number in shown}
    posted = hidden(page) | {
        "pairwise.choice": values[str(place)],
        "pairwise.strength": "2",
        "pairwise.reason": "clearer",
    }
    response = browser.post(url(project), posted)
    stored = Submission.objects.get()
    assert response.headers["Location"] == f"{url(project)}?last={stored.pk}"
    expected = ("first", "second")[order[place - 1]]
    assert Judgment.objects.get().answer == {
        "choice": expected,
        "strength": 2,
        "reason": "clearer",
        "aspects": {},
    }


def test_scripts_fetch_the_next_item_ahead(browser: Client, project: Project) -> None:
    first, second = new_item(project, "One?"), new_item(project, "Two?")
    page = browser.get(url(project))
    assert hidden(page)["item"] == str(first.pk)
    after = {"after": hidden(page)["assignment"]}
    fetched = browser.post(reverse("judge_next", args=[project.slug]), after, headers=FRAGMENT)
    assert "<html" not in fetched.content.decode()
    assert hidden(fetched)["item"] == str(second.pk)
    assert hidden(fetched)["key"] != hidden(page)["key"]
    said = {"lead_time": "3.25", "edits": "2", "client": "page 1"}
    posted = answer(page, pairwise={"choice": "tie"}) | said
    response = browser.post(url(project), posted, headers=FRAGMENT)
    stored = Submission.objects.get()
    assert response.status_code == 200
    assert response.context["last"].submission == stored
    assert f'data-submission="{stored.pk}"' in response.content.decode()
    assert response.context["done_now"] == 1
    assert (stored.lead_time, stored.edits, stored.client) == (3.25, 2, "page 1")
    assert stored.order == Assignment.objects.get(pk=hidden(page)["assignment"]).order
    assert hidden(browser.get(url(project)))["item"] == str(second.pk)


def test_thumbs_by_plain_form(browser: Client, thumbs_project: Project) -> None:
    new_item(thumbs_project, texts=["a", "b", "c"], labels=["x", "y", "z"])
    page = browser.get(url(thumbs_project))
    posted = hidden(page)
    for index, up in enumerate(("true", "false", "true")):
        assert posted[f"thumbs.thumbs.{index}.completion"] == str(index)
        posted[f"thumbs.thumbs.{index}.desirable"] = up
    browser.post(url(thumbs_project), posted)
    thumbs = Judgment.objects.get().answer["thumbs"]
    assert [(t["completion"], t["desirable"]) for t in thumbs] == [(0, True), (1, False), (2, True)]


def test_sent_twice_is_stored_once(browser: Client, project: Project) -> None:
    new_item(project, "One?")
    new_item(project, "Two?")
    posted = answer(browser.get(url(project)), pairwise={"choice": "first"})
    first = browser.post(url(project), posted, headers=FRAGMENT)
    again = browser.post(url(project), posted, headers=FRAGMENT)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.context["last"].submission == again.context["last"].submission
    assert again.context["done_now"] == 1
    assert Judgment.objects.count() == 1
    other = posted | {"answers[pairwise]": '{"choice": "second"}'}
    conflict = browser.post(url(project), other, headers=FRAGMENT)
    assert conflict.status_code == 409
    assert "key_conflict" in conflict.content.decode()
    assert Judgment.objects.get().answer["choice"] == "first"


def test_a_lapsed_lease_says_so_and_stores_nothing(browser: Client, project: Project) -> None:
    new_item(project)
    posted = answer(browser.get(url(project)), pairwise={"choice": "first"})
    Assignment.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    response = browser.post(url(project), posted, headers=FRAGMENT)
    assert response.status_code == 409
    assert "lease_ended" in response.content.decode()
    assert "<html" not in response.content.decode()
    assert not Judgment.objects.exists()
    pk = Assignment.objects.get().pk
    skipped = browser.post(reverse("judge_skip", args=[project.slug, pk]))
    assert skipped.status_code == 302  # no dead end: the next item is asked for


def test_an_invalid_answer_keeps_what_was_typed(browser: Client, project: Project) -> None:
    new_item(project)
    page = browser.get(url(project))
    typed = {"pairwise.strength": "3", "pairwise.reason": "A <b>bold</b> reason"}
    posted = hidden(page) | typed
    response = browser.post(url(project), posted)
    html = response.content.decode()
    assert response.status_code == 400
    assert "invalid_answer" in html
    assert "A &lt;b&gt;bold&lt;/b&gt; reason</textarea>" in html
    assert re.search(r'value="3"\s+checked', html)
    assert hidden(response)["key"] == posted["key"]
    assert not Judgment.objects.exists()
    browser.post(url(project), posted | {"pairwise.choice": "second"})
    assert Judgment.objects.get().answer["reason"] == "A <b>bold</b> reason"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("answers[pairwise]", "{", "invalid_answer"),
        ("answers[pairwise]", "[" * 100_000, "invalid_answer"),
        ("answers[pairwise]", '{"choice": "third"}', "invalid_answer"),
        ("answers[pairwise]", '{"choice": "tie", "reason": "\\u0000"}', "invalid_answer"),
        ("answers[pairwise]", '{"choice": "tie", "reason": "\\ud800"}', "invalid_answer"),
        ("answers[thumbs]", '{"thumbs": []}', "wrong_kinds"),
        ("lead_time", "nan", "invalid_lead_time"),
        ("lead_time", "soon", "invalid_lead_time"),
        ("edits", "-1", "invalid_edits"),
        ("edits", "1.5", "invalid_edits"),
        ("client", "x" * 61, "invalid_client"),
        ("amends", "1", "unknown_submission"),
        ("key", "", "invalid_key"),
        ("item", "9" * 30, "unknown_assignment"),
        ("assignment", "²", "unknown_assignment"),
    ],
)
def test_what_does_not_fit_is_refused(
    browser: Client, project: Project, field: str, value: str, code: str
) -> None:
    new_item(project)
    posted = answer(browser.get(url(project)), pairwise={"choice": "tie"}) | {field: value}
    response = browser.post(url(project), posted, headers=FRAGMENT)
    assert response.status_code in (400, 404)
    assert code in response.content.decode()
    assert not Judgment.objects.exists()


def test_skipping_leaves_the_item_to_others(browser: Client, project: Project) -> None:
    new_item(project, "One?")
    second = new_item(project, "Two?")
    assignment = hidden(browser.get(url(project)))["assignment"]
    skip = reverse("judge_skip", args=[project.slug, assignment])
    response = browser.post(skip, {"reason": "not mine"}, headers=FRAGMENT)
    assert response.status_code == 204
    assert hidden(browser.get(url(project)))["item"] == str(second.pk)
    skipped = Assignment.objects.get(pk=assignment)
    assert (skipped.state, skipped.skip_reason) == (AssignmentState.SKIPPED, "not mine")
    assert browser.post(skip).status_code == 302  # twice is as good as once
    assert Assignment.objects.filter(state=AssignmentState.SKIPPED).count() == 1


def test_leaving_releases_but_a_reload_keeps_the_lease(browser: Client, project: Project) -> None:
    new_item(project)
    old = browser.get(url(project)).context
    new = browser.get(url(project)).context  # a reload asks before the old page says that it ends
    assert old["assignment"].pk == new["assignment"].pk
    release = reverse("judge_release", args=[project.slug, old["assignment"].pk])
    browser.post(release, {"expires": old["expires"]})
    assert Assignment.objects.get().state == AssignmentState.OPEN
    browser.post(release, {"expires": new["expires"]})
    assert Assignment.objects.get().state == AssignmentState.RELEASED


def test_a_heartbeat_extends_the_lease(browser: Client, project: Project) -> None:
    new_item(project)
    assignment = browser.get(url(project)).context["assignment"]
    soon = timezone.now() + timedelta(seconds=5)
    Assignment.objects.update(expires_at=soon)
    beat = reverse("judge_heartbeat", args=[project.slug, assignment.pk])
    expires = browser.post(beat).json()["expires"]
    extended = Assignment.objects.get().expires_at
    assert expires == extended.isoformat()
    assert extended > soon + timedelta(minutes=project.lease_minutes - 1)


def test_what_was_fetched_ahead_is_kept_and_given_back_with_it(
    browser: Client, project: Project
) -> None:
    for n in range(2):
        new_item(project, f"{n}?")
    held = browser.get(url(project)).context["assignment"]
    after = {"after": held.pk}
    also = browser.post(reverse("judge_next", args=[project.slug]), after).context["assignment"]
    Assignment.objects.update(expires_at=timezone.now() + timedelta(seconds=5))
    beat = reverse("judge_heartbeat", args=[project.slug, held.pk])
    told = browser.post(beat, {"also": also.pk}).json()
    also.refresh_from_db()
    assert told["also_expires"] == also.expires_at.isoformat()
    assert also.expires_at > timezone.now() + timedelta(minutes=project.lease_minutes - 1)
    release = reverse("judge_release", args=[project.slug, held.pk])
    browser.post(release, {"expires": "long ago", "also": also.pk})
    assert Assignment.objects.filter(state=AssignmentState.OPEN).count() == 2
    browser.post(release, {"expires": told["expires"], "also": also.pk})
    assert Assignment.objects.filter(state=AssignmentState.RELEASED).count() == 2
    for pk in ("", "x", "999999"):
        assert browser.post(beat, {"also": pk}).status_code == 409  # the lease itself is over


def test_model_names_are_nowhere_on_the_page(browser: Client, project: Project) -> None:
    new_item(project, labels=["secret-model-x", "secret-model-y"])
    assert "secret-model" not in browser.get(url(project)).content.decode()


@pytest.mark.parametrize("judged", [False, True])
def test_nothing_to_judge_says_why(browser: Client, project: Project, judged: bool) -> None:
    code = "no_items"
    if judged:
        new_item(project)
        browser.post(url(project), answer(browser.get(url(project)), pairwise={"choice": "tie"}))
        code = "all_judged"
    html = browser.get(url(project)).content.decode()
    assert f'data-code="{code}"' in html
    assert reverse("project", args=[project.slug]) in html
