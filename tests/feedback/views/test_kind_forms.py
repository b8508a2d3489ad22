"""The form and the summary of each kind, without scripts: what was typed comes back, and nothing gets out."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from feedback.models import Judgment, Project, User
from tests.cast import ClientOf, judge, new_item
from tests.feedback.views.test_judging import hidden, url

BAD = "<script>alert(1)</script>"

# Fields that are refused, one of them wrongly filled in; what is asked of them.
REFUSED: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "pairwise": (
        {"aspects": ["clear"]},
        {"choice": "both_bad", "strength": "3", "aspects.clear": "tie", "reason": "x" * 10_001},
    ),
    "ranking": ({}, {"ranks.0": "7", "ranks.1": "1", "unrankable": ""}),
    "thumbs": (
        {},
        {
            "thumbs.0.completion": "0",
            "thumbs.0.desirable": "true",
            "thumbs.0.tags.1": "helpful",
            "thumbs.0.tags.5": "wrong",  # a tag of the other direction
            "thumbs.0.reason": BAD,
            "thumbs.1.completion": "1",
            "thumbs.1.desirable": "false",
            "thumbs.1.reason": "",
        },
    ),
    "rating": (
        {"aspects": [{"name": "sense", "low": -2, "high": 2}, {"name": "tone", "high": 50}]},
        {
            "ratings.0.completion": "0",
            "ratings.0.scores.sense": "-2",
            "ratings.0.scores.tone": "51",
            "ratings.1.completion": "1",
            "ratings.1.scores.sense": "0",
            "ratings.1.scores.tone": "50",
        },
    ),
    "critique": (
        {},
        {
            "critiques.0.completion": "0",
            "critiques.0.text": "\n " + BAD,
            "critiques.0.spans.0.start": "1",
            "critiques.0.spans.0.end": "3",
            "critiques.0.spans.0.quote": "not what stands there",
            "critiques.0.spans.0.note": BAD,
            "critiques.0.rewrite": "\n\nbetter",
            "critiques.1.completion": "1",
            "critiques.1.text": "",
            "critiques.1.rewrite": "",
        },
    ),
    "correction": (
        {},
        {
            "corrections.0.completion": "0",
            "corrections.0.text": "\n" + BAD,
            "corrections.0.unchanged": "true",
            "corrections.1.completion": "1",
            "corrections.1.text": "",
        },
    ),
    "demonstration": ({"fewest_characters": 50}, {"text": "\n" + BAD}),
}

ANSWERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "pairwise": ({"choice": "both_bad", "reason": BAD}, ["Both bad"]),
    "ranking": ({"ranks": [2, 1]}, ['<span class="rank-card">B</span>']),
    "thumbs": (
        {"thumbs": [{"completion": n, "desirable": True, "tags": ["clear"]} for n in (0, 1)]},
        [">clear</span>"],
    ),
    "rating": (
        {
            "ratings": [
                {"completion": n, "scores": dict.fromkeys(("a", "b"), n + 3)} for n in (0, 1)
            ]
        },
        ["/8"],
    ),
    "critique": (
        {
            "critiques": [
                {
                    "completion": 0,
                    "text": BAD,
                    "spans": [{"start": 0, "end": 4, "quote": "<b>F", "note": BAD}],
                    "rewrite": "<b>Fine</b>",
                },
                {"completion": 1, "text": "good"},
            ]
        },
        ["<mark>&lt;b&gt;F<sup>1</sup></mark>our", "<ins>Fine</ins>"],
    ),
    "correction": (
        {
            "corrections": [
                {"completion": 0, "text": f"<b>Four</b> {BAD}"},
                {"completion": 1, "text": "Five.", "unchanged": True},
            ]
        },
        ["<ins> &lt;script&gt;", "nothing to correct"],
    ),
    "demonstration": ({"text": BAD}, ["&lt;script&gt;"]),
}
SCALES = {"aspects": [{"name": name, "low": 1, "high": 8} for name in ("a", "b")]}


class Fields(HTMLParser):
    """What a browser without scripts would send of the form as it is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self.area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Inputs, and the beginning of a text area."""
        found = dict(attrs)
        name = found.get("name") or ""
        if tag == "textarea":
            self.area = name
            self.sent[name] = ""
        is_off = found.get("type") in ("radio", "checkbox") and "checked" not in found
        if tag == "input" and name and not is_off:
            self.sent[name] = found.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        """The end of a text area; its first line feed is not part of it."""
        if tag == "textarea" and self.area is not None:
            self.sent[self.area] = self.sent[self.area].removeprefix("\n")
            self.area = None

    def handle_data(self, data: str) -> None:
        """The text of a text area."""
        if self.area is not None:
            self.sent[self.area] += data


@pytest.fixture
def browser(annotator: User, client_of: ClientOf) -> Client:
    return client_of(annotator)


@pytest.mark.parametrize("kind", REFUSED)
def test_a_refused_form_is_painted_as_it_was(browser: Client, project: Project, kind: str) -> None:
    settings, fields = REFUSED[kind]
    project.kinds = [{"kind": kind, "settings": settings}]
    new_item(project)
    typed = {f"{kind}.{name}": value for name, value in fields.items()}
    posted = hidden(browser.get(url(project))) | {f"answers[{kind}]": ""} | typed
    response = browser.post(url(project), posted)
    assert response.status_code == 400
    painted = Fields()
    html = response.content.decode()
    painted.feed(html)
    assert {n: v for n, v in painted.sent.items() if n.startswith(f"{kind}.") and v} == {
        n: v for n, v in typed.items() if v
    }
    assert BAD not in html
    assert not Judgment.objects.exists()


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_stored_answer_on_its_item(
    project: Project, annotator: User, owner: User, client_of: ClientOf, kind: str
) -> None:
    answer, shown = ANSWERS[kind]
    project.kinds = [{"kind": kind, "settings": SCALES if kind == "rating" else {}}]
    item = new_item(project, texts=["<b>Four</b>", "Five."])
    judge(project, annotator, {kind: answer})
    response = client_of(owner).get(reverse("item", args=[project.slug, item.pk]))
    html = response.content.decode()
    for part in shown:
        assert part in html
    assert BAD not in html
