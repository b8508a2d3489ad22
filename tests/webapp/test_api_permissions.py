"""Who may do what over REST: every endpoint and method against every role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from feedback.models import Project, User
from feedback.services import change_item, mark_gold, save_group
from tests.cast import ApiOf, freeze, judge, lease, new_checkpoint, new_item
from training.models import Job

ANYBODY = {"owner", "reviewer", "annotator", "stranger", "staff"}
MEMBERS = {"owner", "reviewer", "annotator", "staff"}
VIEWERS = {"owner", "reviewer", "staff"}
OWNERS = {"owner", "staff"}
HOLDER = {"annotator"}
ROLES = ("owner", "reviewer", "annotator", "stranger", "staff", "anonymous")

# What each endpoint allows; who is not named is refused.
TABLE: dict[str, dict[str, set[str]]] = {
    "api-root": {"get": ANYBODY},
    "api-kinds": {"get": ANYBODY},
    "api-kind": {"get": ANYBODY},
    "api-recipes": {"get": ANYBODY},
    "api-projects": {"get": ANYBODY, "post": ANYBODY},
    "api-project": {"get": MEMBERS, "patch": OWNERS},
    "api-members": {"get": VIEWERS, "post": OWNERS},
    "api-member": {"delete": OWNERS},
    "api-prompts": {"get": VIEWERS, "post": OWNERS},
    "api-images": {"post": OWNERS},
    "api-signals": {"get": VIEWERS, "post": OWNERS},
    "api-shown": {"post": OWNERS},
    "api-completion-shown": {"post": OWNERS},
    "api-completion-thumbs": {"post": OWNERS, "delete": OWNERS},
    "api-items": {"get": VIEWERS, "post": OWNERS},
    "api-next": {"get": MEMBERS, "post": MEMBERS},
    "api-judgments": {"get": VIEWERS},
    "api-queue": {"get": VIEWERS, "put": OWNERS},
    "api-queue-order": {"post": OWNERS},
    "api-groups": {"get": VIEWERS, "post": OWNERS},
    "api-group": {"put": OWNERS, "delete": OWNERS},
    "api-annotators": {"get": VIEWERS},
    "api-annotator": {"patch": OWNERS},
    "api-annotator-return": {"post": OWNERS},
    "api-item": {"get": VIEWERS, "patch": OWNERS},
    "api-item-gold": {"get": OWNERS, "put": OWNERS, "delete": OWNERS},
    "api-review": {"get": VIEWERS},
    "api-item-decisions": {"get": VIEWERS},
    "api-item-decision": {"put": VIEWERS, "delete": VIEWERS},
    "api-item-more": {"post": VIEWERS},
    "api-item-judgments": {"get": VIEWERS, "post": MEMBERS},
    "api-item-repeat": {"post": OWNERS},
    "api-submission-undo": {"post": HOLDER},
    "api-assignment-draft": {"get": HOLDER, "put": HOLDER},
    "api-assignment-extend": {"post": HOLDER},
    "api-assignment-skip": {"post": HOLDER},
    "api-assignment-release": {"post": HOLDER},
    "api-imports": {"post": OWNERS},
    "api-project-export": {"get": OWNERS},
    "api-quality": {"get": VIEWERS, "post": OWNERS},
    "api-annotator-quality": {"get": MEMBERS},  # of the annotator, who is told no more than this
    "api-annotator-data": {"get": OWNERS | HOLDER, "delete": OWNERS},
    "api-snapshots": {"get": VIEWERS, "post": OWNERS},
    "api-snapshot": {"get": VIEWERS},
    "api-snapshot-export": {"get": OWNERS},
    "api-snapshot-recipes": {"get": VIEWERS},
    "api-train": {"post": OWNERS},
    "api-jobs": {"get": ANYBODY},
    "api-job": {"get": VIEWERS},
    "api-job-cancel": {"post": OWNERS},
    "api-job-resume": {"post": OWNERS},
    "api-job-metrics": {"get": VIEWERS},
    "api-job-log": {"get": VIEWERS},
    "api-checkpoints": {"get": VIEWERS},
    "api-checkpoint": {"get": VIEWERS},
    "api-checkpoint-score": {"post": OWNERS},
    "api-policies": {"get": VIEWERS, "post": OWNERS},
    "api-revisions": {"post": OWNERS},
    "api-samples": {"get": VIEWERS, "post": VIEWERS},
}
CASES = [(name, method) for name, methods in TABLE.items() for method in methods]


def endpoints() -> Iterator[tuple[str, str]]:
    """Every (name, method) under /api/v1/, as the URL resolver knows them."""
    for route, pattern in walk("", get_resolver().url_patterns):
        if route.startswith("api/v1/"):
            view = pattern.callback.view_class  # type: ignore[attr-defined]
            assert pattern.name, f"{route} has no name"
            for method in view.http_method_names:
                if method != "options" and hasattr(view, method):
                    yield pattern.name, method


def walk(before: str, patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, URLPattern]]:
    """All routes, nested ones with what stands before them."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(route, pattern.url_patterns)
        else:
            yield route, pattern


@pytest.fixture
def addresses(
    project: Project, owner: User, reviewer: User, annotator: User, staff: User, stranger: User
) -> dict[str, str]:
    """An address of something that exists, for every endpoint."""
    for question in ("Another?", "One more?"):
        new_item(project, question)
    judge(project, owner)
    snapshot = freeze(project, owner)
    checkpoint = new_checkpoint(snapshot, owner)
    judged = judge(project, annotator).submission
    assert judged is not None
    item = new_item(project)
    held = lease(project, annotator)
    gold = mark_gold(new_item(project, "Known?"), {"pairwise": {"choice": "first"}})
    job = Job.objects.create(project=project, owner=owner, operation="import_content")
    group = save_group(project, "Experts", [held.annotator])
    change_item(item, {"group": group})  # a group in use stays, whoever deletes it
    ids: dict[str, list[Any]] = {
        "api-group": [project.slug, group.pk],
        "api-annotator": [project.slug, held.annotator_id],
        "api-annotator-return": [project.slug, held.annotator_id],
        "api-item-gold": [gold.pk],
        "api-kind": ["pairwise"],
        "api-member": [project.slug, stranger.username],
        "api-item": [item.pk],
        "api-completion-shown": [item.slots.all()[0].completion_id],
        "api-completion-thumbs": [item.slots.all()[0].completion_id],
        "api-item-judgments": [item.pk],
        "api-item-decisions": [item.pk],
        "api-item-decision": [item.pk, "pairwise"],
        "api-item-more": [item.pk],
        "api-item-repeat": [item.pk],
        "api-checkpoint": [checkpoint.pk],
        "api-checkpoint-score": [checkpoint.pk],
        "api-train": [snapshot.pk],
        "api-submission-undo": [judged.pk],
        "api-annotator-quality": [project.slug, judged.annotator_id],
        "api-annotator-data": [project.slug, judged.annotator_id],
    }
    by_word = {"assignment": held.pk, "snapshot": snapshot.pk, "job": job.pk}
    top = {"api-root", "api-kinds", "api-recipes", "api-projects", "api-jobs"}
    of_project = {"api-snapshots"}
    for name in TABLE:
        word = name.split("-")[1]
        if name in top:
            ids[name] = []
        elif word in by_word and name not in of_project:
            ids[name] = [by_word[word]]
        ids.setdefault(name, [project.slug])
    return {name: reverse(name, args=args) for name, args in ids.items()}


def test_every_endpoint_has_its_row() -> None:
    """A new endpoint or method must say whom it lets in."""
    assert sorted(endpoints()) == sorted(CASES)


@pytest.mark.parametrize(("name", "method"), CASES)
def test_role(
    name: str, method: str, addresses: dict[str, str], api_of: ApiOf, request: Any
) -> None:
    """Those named get in, whatever they sent; others learn no more than they should."""
    for role in ROLES:
        user = None if role == "anonymous" else request.getfixturevalue(role)
        send = getattr(api_of(user), method)
        refused = send(addresses[name], {} if method == "get" else {"nonsense": 1})
        told = f"{role}: {refused.status_code} {getattr(refused, 'content', b'')[:200]!r}"
        if role == "anonymous":
            assert refused.status_code == 401, told
            assert refused.json()["error"]["code"] == "not_authenticated"
        elif role in TABLE[name][method]:
            assert refused.status_code in (200, 201, 202, 204, 400, 409, 415), told
        elif role == "stranger" or name.startswith(("api-assignment", "api-submission")):
            assert refused.status_code == 404, told
        else:
            assert refused.status_code in (403, 404), told
            assert refused.status_code == 403 or name.startswith("api-job"), told


def test_a_removed_member_is_a_stranger(project: Project, annotator: User, api_of: ApiOf) -> None:
    """Who is removed from a project is a stranger from then on."""
    api = api_of(annotator)
    assert api.get(reverse("api-next", args=[project.slug])).status_code == 200
    project.memberships.filter(user=annotator).delete()
    assert api.get(reverse("api-next", args=[project.slug])).status_code == 404
