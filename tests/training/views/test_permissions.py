"""Who may open and change what: every page of training against every role."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from feedback.models import Project, User
from feedback.services import annotator_for_user
from tests.cast import ClientOf, freeze, judge, new_checkpoint, new_item
from training import streams, urls
from training.models import Job, Policy

ANYBODY = {"owner", "reviewer", "annotator", "stranger", "staff"}
MEMBERS = {"owner", "reviewer", "annotator", "staff"}
VIEWERS = {"owner", "reviewer", "staff"}
OWNERS = {"owner", "staff"}
ROLES = ("owner", "reviewer", "annotator", "stranger", "staff", "anonymous")

# What each page lets whom do; who is not named is refused. A POST here is empty, and so 400 at best.
TABLE: dict[str, dict[str, set[str]]] = {
    "project": {"get": MEMBERS},
    "project_export": {"get": OWNERS},
    "quality": {"get": VIEWERS, "post": OWNERS},
    "queue": {"get": OWNERS, "post": OWNERS},
    "annotator": {"get": MEMBERS},  # of the annotator's own page
    "annotator_data": {"get": OWNERS | {"annotator"}},
    "annotator_erase": {"post": OWNERS},
    "snapshots": {"get": VIEWERS, "post": OWNERS},
    "snapshot": {"get": VIEWERS},
    "snapshot_export": {"get": OWNERS},
    "train": {"get": OWNERS, "post": OWNERS},
    "checkpoints": {"get": VIEWERS},
    "checkpoint": {"get": VIEWERS},
    "checkpoint_score": {"post": OWNERS},
    "policies": {"get": VIEWERS, "post": OWNERS},
    "policy_archive": {"post": OWNERS},
    "policy_revise": {"post": OWNERS},
    "sampling": {"get": VIEWERS, "post": VIEWERS},
    "judge_blind": {"post": VIEWERS},
    "sampling_shown": {"post": VIEWERS},
    "sampling_thumb": {"post": VIEWERS},
    "sampling_stream": {"get": {"owner"}},  # the stream is the owner's alone
    "sampling_stop": {"post": {"owner"}},
    "jobs": {"get": ANYBODY},
    "job": {"get": VIEWERS},
    "job_live": {"get": VIEWERS},
    "job_log": {"get": VIEWERS},
    "job_cancel": {"post": OWNERS},
    "job_resume": {"post": OWNERS},
}
ELSEWHERE = {"import", "import_mapping"}  # tests/training/views/test_imports.py
CASES = [(name, method) for name, methods in TABLE.items() for method in methods]
NOT_TOLD = {"job", "job_live", "job_log", "job_cancel", "job_resume"}


@pytest.fixture
def addresses(
    project: Project, owner: User, reviewer: User, annotator: User, staff: User, stranger: User
) -> dict[str, str]:
    """The address of something that exists, for every page."""
    sample = new_item(project).slots.all()[0].completion_id
    judge(project, owner)
    own = annotator_for_user(project, annotator)
    snapshot = freeze(project, owner)
    checkpoint = new_checkpoint(snapshot, owner)
    job = Job.objects.create(project=project, owner=owner, operation="import_content")
    spare = Policy.objects.create(project=project, name="spare", location="/nowhere")
    streams.client().set(streams.ALIVE, "1", ex=5)
    stream = streams.send_request(owner.pk, {})
    streams.client().delete(streams.REQUESTS)  # nobody is to answer it
    streams.publish(stream, streams.OVER, {})
    slug = project.slug
    args: dict[str, list[Any]] = {name: [slug] for name in TABLE}
    args |= {key: [slug, snapshot.pk] for key in ("snapshot", "snapshot_export")}
    args |= {key: [slug, stream] for key in ("sampling_stream", "sampling_stop")}
    args |= {key: [slug, sample] for key in ("sampling_shown", "sampling_thumb")}
    args |= {key: [job.pk] for key in NOT_TOLD}
    args |= {"train": [slug, snapshot.pk, "dpo"], "checkpoint": [slug, checkpoint.pk]}
    args |= {"checkpoint_score": [slug, checkpoint.pk]}
    args |= {key: [slug, own.pk] for key in ("annotator", "annotator_data", "annotator_erase")}
    args |= {"policy_archive": [slug, spare.pk], "policy_revise": [slug, spare.pk], "jobs": []}
    return {name: reverse(name, args=values) for name, values in args.items()}


def test_every_page_has_its_row() -> None:
    """A new page must say whom it lets in."""
    named = {pattern.name for pattern in urls.urlpatterns} | {"project"}
    assert named == TABLE.keys() | ELSEWHERE


@pytest.mark.parametrize(("name", "method"), CASES)
def test_role(
    name: str, method: str, addresses: dict[str, str], client_of: ClientOf, request: Any
) -> None:
    """Those named get in; others learn no more than they should."""
    for role in ROLES:
        user = None if role == "anonymous" else request.getfixturevalue(role)
        response = getattr(client_of(user), method)(addresses[name])
        status = response.status_code
        if role == "anonymous":
            assert status == 302, role
            assert response["Location"].startswith(reverse("login")), role
        elif role in TABLE[name][method]:
            assert status in {200, 204, 302, 400, 404, 409}, (role, status)
            assert status != 404 or name in {"judge_blind", "policy_archive"}, role
        elif role == "stranger":
            assert status == 404, (role, status)
        else:
            assert status in {403, 404}, (role, status)
            hidden = name in NOT_TOLD or name.startswith("sampling_")
            assert status == 403 or hidden, role


@pytest.mark.parametrize("name", [n for n, methods in TABLE.items() if "get" not in methods])
def test_changes_need_a_post(
    name: str, addresses: dict[str, str], owner: User, client_of: ClientOf
) -> None:
    """A link alone never changes anything."""
    assert client_of(owner).get(addresses[name]).status_code == 405


def test_changes_need_a_token(addresses: dict[str, str], owner: User, settings: Any) -> None:
    """Another site cannot post in the user's name."""
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    posts = [name for name, methods in TABLE.items() if "post" in methods]
    assert {name: client.post(addresses[name]).status_code for name in posts} == dict.fromkeys(
        posts, 403
    )
