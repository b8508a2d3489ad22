"""Revisions by a policy: written once for what nobody wrote better, and never taken for a person's."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from feedback.evidence import Critique
from feedback.models import Annotator, Item, Judgment, Project, User
from feedback.services import normalise_kinds
from tests.cast import ApiOf, ClientOf, freeze, judge, new_item
from training.judges import revision_question
from training.models import Job, Policy
from training.operations.write_revisions import unrevised
from training.selectors import snapshot_evidence
from training.services import run_here, start_revisions

pytestmark = pytest.mark.django_db(transaction=True)


def criticised(project: Project, owner: User, n: int, rewrite: str | None = None) -> None:
    """One answer with a critique of it."""
    project.kinds = normalise_kinds(["critique"])
    project.save()
    new_item(project, f"What about {n}?", texts=(f"Coffee {n}.",))
    remark = {"completion": 0, "text": "It is not about tea.", "spans": [], "rewrite": rewrite}
    judge(project, owner, {"critique": {"critiques": [remark]}})


@pytest.fixture
def writer(project: Project) -> Policy:
    return Policy.objects.create(
        project=project, name="writer", kind="scripted", settings={"answers": ["A cup of tea."]}
    )


def test_what_nobody_wrote_better_is_revised_once(
    project: Project, owner: User, writer: Policy
) -> None:
    for n in range(3):
        criticised(project, owner, n)
    criticised(project, owner, 3, rewrite="A person's tea.")
    before = Item.objects.count()
    job = run_here(start_revisions(project, owner, writer))
    assert job.state == "done", job.error
    assert job.result == {"criticised": 3, "revisions": 3, "unchanged": 0}
    stored = Judgment.objects.filter(annotator__source="judge")
    assert {j.annotator.name for j in stored} == {"writer (revisions)"}
    assert all(j.item.places == 0 for j in stored)  # nobody else is asked
    again = run_here(start_revisions(project, owner, writer))
    assert again.result == {"criticised": 0, "revisions": 0, "unchanged": 0}
    assert Item.objects.count() == before + 3

    snapshot = freeze(project, owner)
    revised = {
        record.context.source: record.revised
        for record in snapshot_evidence(snapshot)
        if isinstance(record, Critique) and record.revision
    }
    assert revised == {"judge": "A cup of tea.", "human": "A person's tea."}
    counts = snapshot.counts
    assert (counts["revision"], counts["machine_revision"], counts["critique_text"]) == (1, 3, 4)


def test_a_copy_is_no_revision(project: Project, owner: User) -> None:
    criticised(project, owner, 1)
    text = Item.objects.latest("pk").slots.all()[0].completion.text
    parrot = Policy.objects.create(
        project=project, name="parrot", kind="scripted", settings={"answers": [f" {text}\n"]}
    )
    job = run_here(start_revisions(project, owner, parrot))
    assert job.result == {"criticised": 1, "revisions": 0, "unchanged": 1}
    assert not Annotator.objects.filter(source="judge").exists()


def test_what_several_said_of_one_answer_is_asked_together(make: Any) -> None:
    said = [make.critique(1, text=text, revision=None) for text in ("Too short.", "Rude.", " ")]
    done = [make.critique(2, revision=None), make.critique(2, text="")]
    found = unrevised([*said, *done, make.comparison(3)])
    assert {pk: one.critiques for pk, one in found.items()} == {1: ["Too short.", "Rude."]}
    (message,) = revision_question(found[1].prompt, found[1].text, found[1].critiques)
    assert "- Too short.\n- Rude." in message["content"]
    assert "user: What about number 1?" in message["content"]


def test_it_starts_from_the_page_and_over_rest(
    project: Project,
    owner: User,
    reviewer: User,
    writer: Policy,
    client_of: ClientOf,
    api_of: ApiOf,
) -> None:
    page = reverse("policies", args=[project.slug])
    offered = {user: client_of(user).get(page).content for user in (owner, reviewer)}
    assert [b"Write revisions" in offered[user] for user in (owner, reviewer)] == [True, False]
    response = client_of(owner).post(reverse("policy_revise", args=[project.slug, writer.pk]))
    job = Job.objects.get(operation="write_revisions")
    assert response["Location"] == reverse("job", args=[job.pk])
    body = {"policy": writer.pk, "sampling": {"temperature": 0}}
    answer = api_of(owner).post(reverse("api-revisions", args=[project.slug]), body, format="json")
    assert answer.status_code == 202
    assert Job.objects.get(pk=answer.json()["id"]).params["sampling"]["temperature"] == 0
    refused = api_of(owner).post(
        reverse("api-revisions", args=[project.slug]), {"policy": 10**6}, format="json"
    )
    assert refused.status_code == 404
