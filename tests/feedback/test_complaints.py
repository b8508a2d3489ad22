"""What people read when something does not fit: sentences, each once, at its place, and never long."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from feedback.errors import InvalidInput
from feedback.kinds import get_kind
from feedback.models import Project, User
from tests.cast import ApiOf, ClientOf, lease, new_item
from tests.feedback.kinds.asking import Asked
from tests.feedback.views.test_judging import hidden, url
from tests.feedback.views.test_project_kinds import as_sent, shown


@pytest.mark.parametrize(
    ("kind", "payload", "problem"),
    [
        ("pairwise", {}, ("choice", "This is missing.")),
        ("pairwise", [("reason", "x" * 10_001)], ("reason", "At most 10 000 characters; this has")),
        ("pairwise", [("reason", ["x"])], ("reason", "A text is needed.")),
        ("pairwise", [("strength", "0")], ("strength", "This must be at least 1.")),
        ("pairwise", [("aspects", "x")], ("aspects", "An object is needed.")),
        ("ranking", {"ranks": "x"}, ("ranks", "A list is needed.")),
        ("ranking", {"ranks": [1] * 11}, ("ranks", "At most 10 entries; there are more.")),
        ("thumbs", {"thumbs": []}, ("thumbs", "At least 1 entry; there are 0 entries.")),
        ("correction", {"corrections": ["x"]}, ("corrections.0", "An object is needed.")),
    ],
)
def test_complaints_are_sentences(kind: str, payload: Any, problem: tuple[str, str]) -> None:
    if isinstance(payload, list):
        payload = {"choice": "first", **dict(payload)}
    ((where, message),) = Asked(kind).refused(payload)
    assert where == problem[0]
    assert message.startswith(problem[1])


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("pairwise", {"choice": "first", "x" * 100_000: 1}),
        ("pairwise", {"choice": "first", "aspects": {"x" * 100_000: "tie"}}),
        ("pairwise", {"choice": "x" * 100_000}),
        ("ranking", {"ranks": [int("9" * 4000), 1]}),
        ("thumbs", {"thumbs": [{"completion": 0, "desirable": True, "tags": ["x" * 100_000]}]}),
        ("rating", {"ratings": [{"completion": 0, "scores": {"x" * 100_000: 1}}]}),
    ],
)
def test_what_is_echoed_is_short(kind: str, payload: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        Asked(kind).parse(payload)
    assert len(caught.value.message) < 400
    assert all(len(f"{one['where']}{one['message']}") < 400 for one in caught.value.details)


def test_unknown_kinds_are_echoed_short(project: Project, annotator: User, api_of: ApiOf) -> None:
    new_item(project)
    held = lease(project, annotator)
    body = {"assignment": held.pk, "key": "k", "answers": {"x" * 100_000: {}}}
    sent = api_of(annotator).post(f"/api/v1/items/{held.item_id}/judgments/", body, format="json")
    assert (sent.status_code, sent.json()["error"]["code"]) == (400, "wrong_kinds")
    assert len(sent.content) < 1000
    with pytest.raises(InvalidInput) as caught:
        get_kind("x" * 100_000)
    assert len(caught.value.message) < 200


def test_a_form_is_answered_once_and_without_the_api(
    project: Project, annotator: User, api_of: ApiOf, client_of: ClientOf
) -> None:
    new_item(project)
    held = lease(project, annotator)
    browser: Client = client_of(annotator)
    posted = hidden(browser.get(url(project))) | {"pairwise.choice": "both", "pairwise.reason": ""}
    page = browser.post(url(project), posted).content.decode()
    assert page.count("Choose one: first, second, tie or both_bad.") == 1
    assert "API" not in page and "/api/" not in page
    body = {"assignment": held.pk, "key": "k", "answers": {"pairwise": {"choice": "both"}}}
    sent = api_of(annotator).post(f"/api/v1/items/{held.item_id}/judgments/", body, format="json")
    assert "/api/v1/kinds/" in sent.json()["error"]["hint"]


def test_details_that_the_message_tells_are_not_repeated() -> None:
    details = [{"where": "a", "message": "One."}, {"where": "b", "message": "Two."}]
    for error in (
        InvalidInput("No: One.", details=details),
        {"message": "No: One.", "details": details},
    ):
        html = render_to_string("components/error.html", {"error": error})
        assert (html.count("One."), html.count("Two.")) == (1, 1)


def test_settings_over_rest_name_their_field(project: Project, owner: User, api_of: ApiOf) -> None:
    settings = {"cap": "6", "step": "0.10"}
    body = {"kinds": [{"kind": "willingness_to_pay", "settings": settings}]}
    refused = api_of(owner).patch(f"/api/v1/projects/{project.slug}/", body, format="json")
    message = "The cap must not exceed the endowment of 5.00."
    assert refused.status_code == 400
    assert refused.json()["error"]["details"] == [{"where": "cap", "message": message}]


def test_aspects_in_plain_words_get_a_name(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    client, page = client_of(owner), reverse("project_settings", args=[project.slug])
    sent = as_sent(shown(client, page), "pairwise", "rating") | {
        "settings-pairwise-aspects": "Good style!\nclear",
        "settings-rating-aspects": "Help\nTone of voice | Tone | 1 | 3",
    }
    assert client.post(page, sent).status_code == 302
    project.refresh_from_db()
    pairwise, rating = (one["settings"] for one in project.kinds)
    assert pairwise["aspects"] == ["good-style", "clear"]
    named = [(one["name"], one["label"]) for one in rating["aspects"]]
    assert named == [("help", "Help"), ("tone-of-voice", "Tone")]


def test_mechanisms_are_chosen_in_words(owner: User, client_of: ClientOf) -> None:
    page = client_of(owner).get(reverse("project_new")).content.decode()
    for label in ("Becker-DeGroot-Marschak (a drawn price)", "Price list", "Open amount"):
        assert f">{label}</option>" in page


def test_bounds_are_told_both(project: Project, annotator: User, api_of: ApiOf) -> None:
    new_item(project)
    held = lease(project, annotator)
    answers = {"pairwise": {"choice": "first"}}
    body = {"assignment": held.pk, "key": "k", "answers": answers, "edits": 10**30}
    sent = api_of(annotator).post(f"/api/v1/items/{held.item_id}/judgments/", body, format="json")
    assert sent.json()["error"]["message"] == "The number of edits must be from 0 to 2147483647."
