"""Names behind a blind item, told to those who have judged it."""

from __future__ import annotations

from django.urls import reverse

from feedback.models import Assignment, Project, User
from tests.cast import ClientOf, judge, lease, new_item


def test_names_come_in_the_order_shown(
    project: Project, annotator: User, client_of: ClientOf
) -> None:
    new_item(project, blind=True)
    Assignment.objects.filter(pk=lease(project, annotator).pk).update(order=[1, 0])
    done = judge(project, annotator).submission
    assert done is not None
    client = client_of(annotator)
    url = reverse("reveal", args=[project.slug, done.pk])
    shown = client.get(url).context["shown"]
    assert [(one["place"], one["name"]) for one in shown] == [(1, "model-b"), (2, "model-a")]
    page = client.get(reverse("judge", args=[project.slug]) + f"?last={done.pk}")
    assert f'hx-get="{url}"' in page.content.decode()


def test_only_those_who_judged_may_look(
    project: Project, annotator: User, owner: User, stranger: User, client_of: ClientOf
) -> None:
    new_item(project, blind=True)
    done = judge(project, annotator).submission
    assert done is not None
    url = reverse("reveal", args=[project.slug, done.pk])
    for user in (owner, stranger):
        response = client_of(user).get(url)
        assert response.status_code == 404
        assert "model-a" not in response.content.decode()


def test_an_item_that_is_not_blind_reveals_nothing(
    project: Project, annotator: User, client_of: ClientOf
) -> None:
    new_item(project)
    done = judge(project, annotator).submission
    assert done is not None
    page = client_of(annotator).get(reverse("judge", args=[project.slug]) + f"?last={done.pk}")
    assert "reveal" not in page.content.decode()


def test_two_samples_of_one_policy_have_nothing_to_tell(
    project: Project, annotator: User, client_of: ClientOf
) -> None:
    new_item(project, blind=True, labels=("same", "same"))
    done = judge(project, annotator).submission
    assert done is not None
    response = client_of(annotator).get(reverse("reveal", args=[project.slug, done.pk]))
    assert (response.status_code, response.content) == (200, b"")
