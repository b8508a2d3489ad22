"""Who may open which page of feedback: one table for every view and every role."""

from __future__ import annotations

import pytest
from django.urls import reverse

from feedback.models import Item, Project, User
from tests.cast import ClientOf, lease, new_item

ROLES = ("owner", "reviewer", "annotator", "stranger", "staff", "nobody")
LOGIN = 302
ITEM = ("item", "example", "item_gold", "item_for", "review_item")
KIND = ("item_gold_anew", "review_anew")

# View, method, then the status for each role in the order above.
PAGES = [
    ("projects", "get", (200, 200, 200, 200, 200, LOGIN)),
    ("project_new", "get", (200, 200, 200, 200, 200, LOGIN)),
    ("project_settings", "get", (200, 403, 403, 404, 200, LOGIN)),
    ("project_settings", "post", (400, 403, 403, 404, 400, LOGIN)),
    ("project_members", "get", (200, 403, 403, 404, 200, LOGIN)),
    ("project_members", "post", (400, 403, 403, 404, 400, LOGIN)),
    ("member_remove", "post", (302, 403, 403, 404, 302, LOGIN)),
    ("items", "get", (200, 200, 403, 404, 200, LOGIN)),
    ("item", "get", (200, 200, 403, 404, 200, LOGIN)),
    ("example", "post", (302, 403, 403, 404, 302, LOGIN)),
    ("item_gold", "post", (302, 403, 403, 404, 302, LOGIN)),
    ("item_for", "post", (302, 403, 403, 404, 302, LOGIN)),
    ("annotators", "get", (200, 403, 403, 404, 200, LOGIN)),
    ("group_save", "post", (302, 403, 403, 404, 302, LOGIN)),
    ("queue", "get", (200, 403, 403, 404, 200, LOGIN)),
    ("queue", "post", (400, 403, 403, 404, 400, LOGIN)),
    ("review", "get", (200, 200, 403, 404, 200, LOGIN)),
    ("review_item", "get", (200, 200, 403, 404, 200, LOGIN)),
    ("review_item", "post", (302, 302, 403, 404, 302, LOGIN)),
    ("review_anew", "get", (200, 200, 403, 404, 200, LOGIN)),
    ("review_anew", "post", (400, 400, 403, 404, 400, LOGIN)),  # an empty form
    ("item_gold_anew", "get", (200, 403, 403, 404, 200, LOGIN)),
    ("item_gold_anew", "post", (400, 403, 403, 404, 400, LOGIN)),
    ("account_keys", "get", (200, 200, 200, 200, 200, LOGIN)),
    ("account_keys", "post", (302, 302, 302, 302, 302, LOGIN)),  # nothing named: the first keys
    ("judge", "get", (200, 200, 200, 404, 200, LOGIN)),
    ("judge", "post", (400, 400, 400, 404, 400, LOGIN)),  # an empty form
    ("judge_next", "post", (200, 200, 200, 404, 200, LOGIN)),
    ("judge_progress", "get", (200, 200, 200, 404, 200, LOGIN)),
    ("judge_last", "get", (404, 404, 404, 404, 404, LOGIN)),  # nobody has answered yet
    ("judge_undo", "post", (404, 404, 404, 404, 404, LOGIN)),
    ("images", "get", (200, 403, 403, 404, 200, LOGIN)),
    ("images", "post", (400, 403, 403, 404, 400, LOGIN)),  # without a file
    ("import", "get", (200, 403, 403, 404, 200, LOGIN)),
]
# On an assignment of the annotator's: nobody else has it.
ON_ASSIGNMENT = [
    ("judge_skip", (404, 404, 302, 404, 404, LOGIN)),
    ("judge_heartbeat", (404, 404, 200, 404, 404, LOGIN)),
    ("judge_release", (404, 404, 204, 404, 404, LOGIN)),
    ("judge_draft", (400, 400, 400, 404, 400, LOGIN)),  # an empty form
]


@pytest.fixture
def people(
    owner: User, reviewer: User, annotator: User, stranger: User, staff: User
) -> dict[str, User | None]:
    return dict(zip(ROLES, (owner, reviewer, annotator, stranger, staff, None), strict=True))


@pytest.fixture
def item(project: Project) -> Item:
    return new_item(project, overlap=5)


@pytest.mark.parametrize(("view", "method", "statuses"), PAGES)
def test_pages(
    view: str,
    method: str,
    statuses: tuple[int, ...],
    people: dict[str, User | None],
    item: Item,
    client_of: ClientOf,
) -> None:
    url = _url(view, item)
    found = {role: getattr(client_of(user), method)(url) for role, user in people.items()}
    assert {role: response.status_code for role, response in found.items()} == dict(
        zip(ROLES, statuses, strict=True)
    )
    assert found["nobody"].headers["Location"].startswith("/login/?next=")


@pytest.mark.parametrize(("view", "statuses"), ON_ASSIGNMENT)
def test_assignments(
    view: str,
    statuses: tuple[int, ...],
    people: dict[str, User | None],
    item: Item,
    annotator: User,
    client_of: ClientOf,
) -> None:
    leased = lease(item.project, annotator)
    url = reverse(view, args=[item.project.slug, leased.pk])
    found = {role: client_of(user).post(url).status_code for role, user in people.items()}
    assert found == dict(zip(ROLES, statuses, strict=True))


def test_reading_requests_change_nothing(item: Item, annotator: User, client_of: ClientOf) -> None:
    leased = lease(item.project, annotator)
    for view, _ in ON_ASSIGNMENT:
        url = reverse(view, args=[item.project.slug, leased.pk])
        assert client_of(annotator).get(url).status_code == 405


def test_projects_of_others_are_not_listed(
    project: Project, stranger: User, annotator: User, client_of: ClientOf
) -> None:
    assert project.name not in client_of(stranger).get("/").content.decode()
    assert project.name in client_of(annotator).get("/").content.decode()


def test_tabs_lead_only_where_the_role_may_go(
    item: Item, people: dict[str, User | None], client_of: ClientOf
) -> None:
    for role in ("owner", "reviewer", "annotator"):
        client = client_of(people[role])
        response = client.get(reverse("judge", args=[item.project.slug]))
        links = [link["url"] for link in response.context["links"]]
        assert len(links) >= 2
        assert {client.get(link).status_code for link in links} == {200}, role


def _url(view: str, item: Item) -> str:
    if view in ("projects", "project_new", "account_keys"):
        return reverse(view)
    args: list[object] = [item.project.slug]
    if view in KIND:
        return reverse(view, args=[*args, item.pk, "pairwise"])
    return reverse(view, args=[*args, item.pk] if view in ITEM else args)


def test_only_an_owner_changes_an_annotator(
    item: Item, people: dict[str, User | None], annotator: User, client_of: ClientOf
) -> None:
    held = lease(item.project, annotator)
    url = reverse("annotator_change", args=[item.project.slug, held.annotator_id])
    said = {"action": "return"}
    found = {role: client_of(user).post(url, said).status_code for role, user in people.items()}
    assert found == dict(zip(ROLES, (302, 403, 403, 404, 302, LOGIN), strict=True))
