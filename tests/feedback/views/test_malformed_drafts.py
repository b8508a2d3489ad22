"""A draft may hold anything at any place of a form: the form is painted all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.template.loader import render_to_string

from feedback.kinds import KINDS
from feedback.models import Project, User
from feedback.selectors import question
from feedback.views.answers import typed
from tests.cast import ApiOf, ClientOf, lease, new_item
from tests.feedback.views.test_judging import url
from tests.feedback.views.test_kind_forms import Fields

ASPECTS = {
    "pairwise": {"aspects": ["clear"]},
    "rating": {"aspects": [{"name": "sense", "low": 0, "high": 2}]},
}
ASKED = [(kind, ASPECTS.get(kind, {})) for kind in KINDS]
ASKED += [("willingness_to_pay", {"mechanism": name}) for name in ("open", "price_list")]
# Painted only where a draft brings them.
MORE = {"critique": ["critique.critiques.0.spans.0.start", "critique.critiques.0.spans.0.note"]}


def spoilt(names: list[str]) -> Iterator[dict[str, str]]:
    """Drafts in which a field, or what holds fields, is a text, a list or an object."""
    parts = [name.split(".") for name in names]
    places = {".".join(one[:depth]) for one in parts for depth in range(2, len(one) + 1)}
    for place in sorted(places):
        for under in ("", ".0", ".7", ".x", ".0.0", ".0.x"):
            yield {f"{place}{under}": "x"}


@pytest.mark.parametrize(("kind", "settings"), ASKED)
def test_every_form_is_painted(
    project: Project, annotator: User, kind: str, settings: dict[str, Any]
) -> None:
    ungated = {"gate": False} if kind == "willingness_to_pay" else {}
    project.kinds = [{"kind": kind, "settings": {**settings, **ungated}}]
    new_item(project)
    shown = question(lease(project, annotator))
    context = {"question": shown, "asked": shown.kinds[0], "project": project}

    def painted(initial: Any) -> Fields:
        fields = Fields()
        fields.feed(
            render_to_string(f"feedback/kinds/{kind}/form.html", context | {"initial": initial})
        )
        return fields

    names = list(painted("").names) + MORE.get(kind, [])
    assert any(name.startswith(f"{kind}.") for name in names)
    for draft in spoilt([name for name in names if name.startswith(f"{kind}.")]):
        assert painted(typed(draft, [kind])[kind]).names, draft


@pytest.mark.parametrize("place", ["pairwise.aspects", "pairwise.aspects.0", "pairwise"])
def test_the_page_opens_on_a_malformed_draft(
    project: Project, annotator: User, api_of: ApiOf, client_of: ClientOf, place: str
) -> None:
    project.kinds = [{"kind": "pairwise", "settings": ASPECTS["pairwise"]}]
    new_item(project)
    held = lease(project, annotator)
    draft = f"/api/v1/assignments/{held.pk}/draft/"
    assert api_of(annotator).put(draft, {"fields": {place: "x"}}).status_code in (200, 204)
    assert client_of(annotator).get(url(project)).status_code == 200
