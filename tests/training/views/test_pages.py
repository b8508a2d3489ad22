"""Snapshots, checkpoints and policies: what their pages show and what their forms do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from feedback.models import Project, User
from tests.cast import ClientOf, freeze, judge, model_files, new_checkpoint, new_item
from training.models import Job, Policy


def text_of(client_of: ClientOf, user: User, name: str, *args: Any) -> str:
    """A page's text."""
    response = client_of(user).get(reverse(name, args=args))
    assert response.status_code == 200
    return str(response.content.decode())


def test_freezing_queues_a_job_with_the_options(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    """Per cent become a share; nothing ticked means no restriction."""
    form = {"held_out": "12.5", "kinds": ["pairwise"], "tags": "maths, , hard"}
    response = client_of(owner).post(reverse("snapshots", args=[project.slug]), form)
    job = Job.objects.get()
    assert response["Location"] == reverse("job", args=[job.pk])
    assert job.params["options"] == {
        "held_out": 0.125,
        "kinds": ["pairwise"],
        "sources": None,
        "tags": ["maths", "hard"],
        "weights": "none",
        "adjudicated": "all",
    }


@pytest.mark.parametrize("held_out", ["51", "-1", "", "half", "nan"])
def test_a_share_out_of_bounds_is_refused(
    held_out: str, project: Project, owner: User, client_of: ClientOf
) -> None:
    """On its field, with what was typed beside it kept."""
    form = {"held_out": held_out, "tags": "maths"}
    response = client_of(owner).post(reverse("snapshots", args=[project.slug]), form)
    page = response.content.decode()
    assert response.status_code == 400
    assert 'id="id_held_out_error"' in page
    assert 'value="maths"' in page
    assert not Job.objects.exists()


def test_a_snapshot_shows_what_it_holds_and_offers(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    """Digest and counts; recipes that it suits with a way to them, others with what is missing."""
    for n in range(14):
        new_item(project, f"{n}?")
        judge(project, owner)
    snapshot = freeze(project, owner)
    page = text_of(client_of, owner, "snapshot", project.slug, snapshot.pk)
    assert snapshot.digest in page
    assert reverse("train", args=[project.slug, snapshot.pk, "dpo"]) in page
    assert reverse("snapshot_export", args=[project.slug, snapshot.pk]) in page
    assert snapshot.digest[:12] in text_of(client_of, owner, "snapshots", project.slug)


def test_a_recipe_that_does_not_suit_says_why(
    thumbs_project: Project, owner: User, client_of: ClientOf
) -> None:
    """In a sentence, without a button."""
    new_item(thumbs_project, texts=("Four.",))
    judge(thumbs_project, owner)
    snapshot = freeze(thumbs_project, owner)
    page = text_of(client_of, owner, "snapshot", thumbs_project.slug, snapshot.pk)
    assert "8 decided comparisons to train on are needed, and there are 0." in page
    assert reverse("train", args=[thumbs_project.slug, snapshot.pk, "dpo"]) not in page


def test_a_reviewer_looks_and_changes_nothing(
    project: Project, owner: User, reviewer: User, client_of: ClientOf
) -> None:
    """No forms, no exports, no training."""
    new_item(project)
    judge(project, owner)
    snapshot = freeze(project, owner)
    assert "Freeze a snapshot" not in text_of(client_of, reviewer, "snapshots", project.slug)
    assert "Add a policy" not in text_of(client_of, reviewer, "policies", project.slug)
    page = text_of(client_of, reviewer, "snapshot", project.slug, snapshot.pk)
    assert reverse("snapshot_export", args=[project.slug, snapshot.pk]) not in page


def test_a_checkpoint_shows_where_it_comes_from(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    """And leads to the sampling page with both policies chosen."""
    new_item(project)
    judge(project, owner)
    made = new_checkpoint(freeze(project, owner), owner)
    page = text_of(client_of, owner, "checkpoint", project.slug, made.pk)
    duel = f"first={made.policy_id}&amp;second={made.base_id}"
    for part in (made.snapshot.digest, made.base.name, reverse("job", args=[made.job_id]), duel):
        assert part in page
    assert duel in text_of(client_of, owner, "checkpoints", project.slug)


@pytest.mark.parametrize("name", ["snapshot", "checkpoint"])
def test_what_belongs_to_another_project_is_not_here(
    name: str, project: Project, thumbs_project: Project, owner: User, client_of: ClientOf
) -> None:
    """Even for somebody who owns both."""
    new_item(project)
    judge(project, owner)
    snapshot = freeze(project, owner)
    pk = snapshot.pk if name == "snapshot" else new_checkpoint(snapshot, owner).pk
    url = reverse(name, args=[thumbs_project.slug, pk])
    assert client_of(owner).get(url).status_code == 404


def add(client_of: ClientOf, user: User, project: Project, **fields: str) -> Any:
    """Send the form that adds a policy."""
    return client_of(user).post(reverse("policies", args=[project.slug]), fields)


def test_policies_are_added_and_archived(
    project: Project,
    owner: User,
    client_of: ClientOf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A directory and a server; archived ones leave the list."""
    location = model_files(tmp_path)
    assert add(client_of, owner, project, kind="local", location=location).status_code == 302
    monkeypatch.setenv("POLICY_KEY_FAR", "secret")
    server = {"location": "http://localhost:9/v1", "model": "m", "api_key_env": "POLICY_KEY_FAR"}
    assert add(client_of, owner, project, kind="openai", name="far", **server).status_code == 302
    far = Policy.objects.get(name="far")
    assert far.settings == {"model": "m", "api_key_env": "POLICY_KEY_FAR"}
    assert str(tmp_path) in text_of(client_of, owner, "policies", project.slug)
    client_of(owner).post(reverse("policy_archive", args=[project.slug, far.pk]))
    assert "http://localhost:9/v1" not in text_of(client_of, owner, "policies", project.slug)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "local", "location": "/no/such/place"}, "location"),
        ({"kind": "openai", "location": "localhost", "model": "m"}, "location"),
        ({"kind": "openai", "location": "http://localhost"}, "model"),
        (
            {"kind": "openai", "location": "http://h", "model": "m", "api_key_env": "SECRET_KEY"},
            "api_key_env",
        ),
        ({"kind": "openai", "location": "http://h", "model": "m", "name": "taken"}, "name"),
        ({"kind": "scripted", "location": "x"}, "kind"),
    ],
)
def test_a_policy_that_does_not_fit_is_refused(
    fields: dict[str, str], field: str, project: Project, owner: User, client_of: ClientOf
) -> None:
    """On its field, with what was typed."""
    Policy.objects.create(project=project, name="taken", location="/nowhere")
    response = add(client_of, owner, project, **fields)
    page = response.content.decode()
    assert response.status_code == 400
    assert f'id="id_{field}_error"' in page
    assert f'value="{fields["location"]}"' in page
    assert Policy.objects.count() == 1


def test_everybodys_policy_is_not_archived_from_a_project(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    """It belongs to every project."""
    shared = Policy.objects.create(name="starter", location="/nowhere")
    url = reverse("policy_archive", args=[project.slug, shared.pk])
    assert client_of(owner).post(url).status_code == 404
    shared.refresh_from_db()
    assert shared.archived_at is None


def test_names_are_escaped(project: Project, owner: User, client_of: ClientOf) -> None:
    """Wherever a policy's name is shown."""
    Policy.objects.create(project=project, name="<script>alert(1)</script>", location="/nowhere")
    for name in ("policies", "sampling"):
        page = text_of(client_of, owner, name, project.slug)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page
