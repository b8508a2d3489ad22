"""The settings of each kind on a project's page: shown, saved, and refused at their fields."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from feedback import services
from feedback.kinds import KINDS
from feedback.models import Project, User
from tests.cast import ApiOf, ClientOf

PLAIN = {"name": "Poems", "overlap": "1", "lease_minutes": "20", "grace_minutes": "0"}
WITH_SETTINGS = [kind for kind in KINDS.values() if kind.settings_model.model_fields]


def shown(client: Client, url: str) -> Any:
    return client.get(url).context["form"]


def as_sent(form: Any, *kinds: str) -> dict[str, Any]:
    """The form as a browser sends it without a change, but with these kinds chosen."""
    sent: dict[str, Any] = {**PLAIN, "kinds": list(kinds), "markdown": "on"}
    for part in form.settings:
        sent[part.form.add_prefix("sent")] = "1"
        for field in part.form:
            value = field.value()
            if value not in (None, False):
                sent[field.html_name] = "on" if value is True else value
    return sent


@pytest.mark.parametrize("kind", WITH_SETTINGS, ids=lambda kind: kind.name)
def test_what_is_shown_first_is_the_default(owner: User, client_of: ClientOf, kind: Any) -> None:
    client, url = client_of(owner), reverse("project_new")
    response = client.post(url, as_sent(shown(client, url), kind.name))
    assert response.status_code == 302, response.context["form"].errors
    (asked,) = Project.objects.get().kinds
    assert asked == services.normalise_kinds([kind.name])[0]


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_can_be_asked(owner: User, client_of: ClientOf, kind: str) -> None:
    """Without its fields too, as a program may send it: then its defaults hold."""
    sent = {**PLAIN, "kinds": [kind]}
    assert client_of(owner).post(reverse("project_new"), sent).status_code == 302
    assert Project.objects.get().kinds == services.normalise_kinds([kind])


def test_settings_are_saved_and_shown_again(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    client, url = client_of(owner), reverse("project_settings", args=[project.slug])
    sent = as_sent(shown(client, url), "pairwise", "rating")
    sent |= {
        "settings-pairwise-aspects": "helpful\r\nharmless",
        "settings-pairwise-reason": "required",
        "settings-rating-aspects": "wit | Wit | 1 | 3 | 1=none; 3=a \\= b",
    }
    del sent["settings-pairwise-both_bad"]
    assert client.post(url, sent).status_code == 302
    project.refresh_from_db()
    pairwise, rating = (one["settings"] for one in project.kinds)
    assert pairwise == {"aspects": ["helpful", "harmless"], "both_bad": False, "reason": "required"}
    anchors = {"1": "none", "3": "a = b"}
    aspect = {"name": "wit", "label": "Wit", "low": 1, "high": 3, "anchors": anchors}
    assert rating == {"aspects": [aspect]}
    assert (project.grace_minutes, project.markdown) == (0, True)
    page = client.get(url).content.decode()
    assert "helpful\nharmless</textarea>" in page
    assert "wit | Wit | 1 | 3 | 1=none; 3=a \\= b</textarea>" in page
    again = as_sent(shown(client, url), "pairwise", "rating")
    before = project.kinds
    assert client.post(url, again).status_code == 302
    project.refresh_from_db()
    assert project.kinds == before


@pytest.mark.parametrize(
    ("kind", "field", "typed", "complaint"),
    [
        ("rating", "aspects", "wit | Wit | 4 | 1", "Line 1: high is above low"),
        ("rating", "aspects", "a\nWit!", "Line 2, name: "),
        ("rating", "aspects", "a\na", "Each aspect is named once"),
        ("rating", "aspects", "wit | Wit | x | 4", "Line 1, low: "),
        ("rating", "aspects", "", "at least 1 item"),
        ("pairwise", "aspects", "not a name", "Line 1: "),
        ("demonstration", "fewest_characters", "0", "greater than or equal to 1"),
        ("demonstration", "fewest_characters", "many", "Enter a whole number"),
        ("thumbs", "tags_up", "x" * 41, "Line 1: "),
        ("willingness_to_pay", "comprehension", "[{]", "Not JSON at line 1, column 3"),
        ("willingness_to_pay", "comprehension", '[{"text": "a"}]', "Entry 1, options: "),
        ("willingness_to_pay", "endowment", "-1", "not negative"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_kept(
    project: Project,
    owner: User,
    client_of: ClientOf,
    kind: str,
    field: str,
    typed: str,
    complaint: str,
) -> None:
    client, url = client_of(owner), reverse("project_settings", args=[project.slug])
    before = project.kinds
    sent = as_sent(shown(client, url), kind) | {f"settings-{kind}-{field}": typed}
    response = client.post(url, sent)
    assert response.status_code == 400
    (part,) = [p for p in response.context["form"].settings if p.kind.name == kind]
    said = " ".join(part.form[field].errors)
    assert complaint in said and "Tuple" not in said
    assert part.form[field].value() == typed
    project.refresh_from_db()
    assert project.kinds == before


def test_a_kind_that_is_not_chosen_refuses_nothing_and_keeps_what_was_typed(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    client, url = client_of(owner), reverse("project_settings", args=[project.slug])
    sent = as_sent(shown(client, url), "pairwise") | {"settings-rating-aspects": "Wit!", "name": ""}
    response = client.post(url, sent)
    assert response.status_code == 400
    page = response.content.decode()
    assert "Wit!</textarea>" in page
    assert page.count("field-error") == 1  # the name
    assert client.post(url, sent | {"name": "Poems"}).status_code == 302


def test_only_chosen_kinds_are_open(project: Project, owner: User, client_of: ClientOf) -> None:
    form = shown(client_of(owner), reverse("project_settings", args=[project.slug]))
    assert [part.kind.name for part in form.settings if part.chosen] == ["pairwise"]
    assert "correction" not in [part.kind.name for part in form.settings]  # it has no settings


def test_grace_and_markdown_over_rest(project: Project, owner: User, api_of: ApiOf) -> None:
    url = f"/api/v1/projects/{project.slug}/"
    changed = api_of(owner).patch(url, {"grace_minutes": 0, "markdown": False})
    assert changed.status_code == 200, changed.content
    assert (changed.json()["grace_minutes"], changed.json()["markdown"]) == (0, False)
    project.refresh_from_db()
    assert (project.grace_minutes, project.markdown) == (0, False)
    refused = api_of(owner).patch(url, {"grace_minutes": -1})
    assert refused.status_code == 400
