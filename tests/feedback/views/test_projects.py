"""Projects, members and items in the browser."""

from __future__ import annotations

import pytest
from django.urls import reverse

from feedback.models import Assignment, Membership, Project, Role, User
from tests.cast import ClientOf, judge, new_item

NEW = {
    "name": "Poems",
    "description": "Which rhymes better?",
    "kinds": ["pairwise", "thumbs"],
    "overlap": "3",
    "lease_minutes": "20",
    "grace_minutes": "5",
    "guidelines": "Read twice.",
}


def test_a_new_project_belongs_to_its_maker(stranger: User, client_of: ClientOf) -> None:
    response = client_of(stranger).post(reverse("project_new"), NEW)
    made = Project.objects.get()
    assert response.headers["Location"] == reverse("import", args=[made.slug])
    assert (made.name, made.overlap, made.lease_minutes) == ("Poems", 3, 20)
    assert (made.grace_minutes, made.markdown) == (5, False)  # an unticked box is not sent
    assert [one["kind"] for one in made.kinds] == ["pairwise", "thumbs"]
    assert made.memberships.get().role == Role.OWNER


def test_a_project_named_new_does_not_hide_behind_the_form(
    stranger: User, client_of: ClientOf
) -> None:
    client_of(stranger).post(reverse("project_new"), NEW | {"name": "New"})
    made = Project.objects.get()
    page = client_of(stranger).get(reverse("project", args=[made.slug]))
    assert page.context["project"] == made


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("overlap", "0"), ("overlap", "x"), ("kinds", []), ("kinds", ["smell"])],
)
def test_nothing_typed_is_lost(
    stranger: User, client_of: ClientOf, field: str, value: object
) -> None:
    response = client_of(stranger).post(reverse("project_new"), NEW | {field: value})
    html = response.content.decode()
    assert response.status_code == 400
    assert 'class="field-error"' in html
    assert "Read twice.</textarea>" in html
    assert not Project.objects.exists()


def test_settings_change_and_keep_a_kinds_settings(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    before = project.kinds
    page = reverse("project_settings", args=[project.slug])
    client_of(owner).post(page, NEW | {"kinds": ["pairwise"]})
    project.refresh_from_db()
    assert (project.name, project.kinds) == ("Poems", before)
    assert project.slug == "answers"


def test_members_come_change_and_go(
    project: Project, owner: User, stranger: User, client_of: ClientOf
) -> None:
    client = client_of(owner)
    page = reverse("project_members", args=[project.slug])
    for role in (Role.ANNOTATOR, Role.REVIEWER):
        client.post(page, {"username": " sam ", "role": role})
        assert Membership.objects.get(project=project, user=stranger).role == role
    client.post(reverse("member_remove", args=[project.slug]), {"username": "sam"})
    assert not Membership.objects.filter(project=project, user=stranger).exists()


def test_the_last_owner_stays(project: Project, owner: User, client_of: ClientOf) -> None:
    client = client_of(owner)
    page = reverse("project_members", args=[project.slug])
    demoted = client.post(page, {"username": "olive", "role": "annotator"})
    removed = client.post(
        reverse("member_remove", args=[project.slug]), {"username": "olive"}, follow=True
    )
    for response in (demoted, removed):
        assert "last_owner" in response.content.decode()
    assert Membership.objects.get(project=project, user=owner).role == Role.OWNER


def test_an_unknown_user_is_named_on_the_field(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    page = reverse("project_members", args=[project.slug])
    response = client_of(owner).post(page, {"username": "<nobody>", "role": "annotator"})
    html = response.content.decode()
    assert "There is no user &#x27;&lt;nobody&gt;&#x27;" in html
    assert 'value="&lt;nobody&gt;"' in html


def test_items_filter(
    project: Project, annotator: User, reviewer: User, client_of: ClientOf
) -> None:
    done = new_item(project, "About rivers?")
    judge(project, annotator)
    waiting = new_item(project, "About hills?")
    client = client_of(reviewer)
    page = reverse("items", args=[project.slug])

    def shown(query: str) -> list[int]:
        return [row["item"].pk for row in client.get(page + query).context["rows"]]

    assert shown("") == [waiting.pk, done.pk]
    assert shown("?q=RIVERS") == [done.pk]
    assert shown("?state=open") == [waiting.pk]
    assert shown("?state=complete") == [done.pk]
    assert shown("?kind=thumbs") == []
    assert shown(f"?before={waiting.pk}") == [done.pk]
    assert shown("?before=x&kind=smell") == [waiting.pk, done.pk]
    assert "fits this filter" in client.get(page + "?kind=thumbs").content.decode()


def test_blind_items_hide_names_until_the_reader_has_judged(
    project: Project, annotator: User, reviewer: User, client_of: ClientOf
) -> None:
    item = new_item(project, overlap=2, blind=True)
    judge(project, annotator)
    page = reverse("item", args=[project.slug, item.pk])
    client = client_of(reviewer)
    html = client.get(page).content.decode()
    assert "model-a" not in html and "anna" not in html
    judge(project, reviewer)
    html = client.get(page).content.decode()
    assert "model-a" in html and "anna" in html
    assert Assignment.objects.filter(state="submitted").count() == 2
