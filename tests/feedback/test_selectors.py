"""Reads: what is shown of an item, what judgments amount to, and how far a project is."""

from __future__ import annotations

import pytest
from django.utils import timezone

from feedback import services
from feedback.errors import NotAllowed, NotFound
from feedback.evidence import Comparison, Verdict
from feedback.models import Assignment, Item, Judgment, Project, User
from feedback.permissions import Ability
from feedback.selectors import (
    evidence_of,
    get_assignment,
    get_item,
    get_project,
    item_detail,
    names_shown,
    project_progress,
    projects_of,
    question,
)
from tests.cast import judge, lease, new_item


def test_pairwise_amounts_to_comparisons(project: Project, annotator: User) -> None:
    for text in ("One?", "Two?", "Three?"):
        new_item(project, text)
    for answer in (
        {"choice": "first", "strength": 3},
        {"choice": "second", "strength": 1},
        {"choice": "tie", "strength": 2},
    ):
        judge(project, annotator, {"pairwise": answer})
    records = list(evidence_of(project))
    assert all(isinstance(r, Comparison) for r in records)
    told = [(r.outcome, r.strength) for r in records if isinstance(r, Comparison)]
    assert told == [("first", 3.0), ("second", 1.0), ("tie", 0.0)]
    first = records[0]
    assert isinstance(first, Comparison)
    assert (first.first.text, first.second.text) == ("Four.", "Five.")
    assert (first.first.label, first.second.label) == ("model-a", "model-b")
    assert first.context.source == "human"
    assert annotator.username not in first.context.annotator
    assert first.context.prompt[-1]["content"] == "One?"


def test_the_order_shown_does_not_change_the_answer(project: Project, annotator: User) -> None:
    """Answers name stored indices, however the lease shuffled what was shown."""
    new_item(project)
    held = lease(project, annotator)
    Assignment.objects.filter(pk=held.pk).update(order=[1, 0])
    held.refresh_from_db()
    shown = question(held).shown
    assert [(s.place, s.index, s.text) for s in shown] == [(1, 1, "Five."), (2, 0, "Four.")]
    judge(project, annotator, {"pairwise": {"choice": "second"}})
    (record,) = evidence_of(project)
    assert isinstance(record, Comparison)
    chosen = record.ordered()
    assert chosen is not None
    assert chosen[0].text == "Five."


def test_thumbs_amount_to_verdicts(thumbs_project: Project, annotator: User) -> None:
    new_item(thumbs_project)
    thumbs = [{"completion": 1, "desirable": False}, {"completion": 0, "desirable": True}]
    judge(thumbs_project, annotator, {"thumbs": {"thumbs": thumbs}})
    records = [r for r in evidence_of(thumbs_project) if isinstance(r, Verdict)]
    assert {(r.completion.text, r.desirable) for r in records} == {
        ("Four.", True),
        ("Five.", False),
    }


def test_what_does_not_count_is_left_out(project: Project, annotator: User) -> None:
    for n in range(4):
        new_item(project, f"{n}?")
        judge(project, annotator)
    rows = list(Judgment.objects.order_by("pk"))
    now = timezone.now()
    Judgment.objects.filter(pk=rows[0].pk).update(withdrawn_at=now)
    Judgment.objects.filter(pk=rows[1].pk).update(erased_at=now)
    Item.objects.filter(pk=rows[2].item_id).update(withdrawn_at=now)
    assert [r.context.judgment for r in evidence_of(project)] == [rows[3].pk]


def test_a_superseded_judgment_does_not_count(project: Project, owner: User) -> None:
    new_item(project)
    judge(project, owner)
    old = Judgment.objects.get()
    submission = old.submission
    submission.pk = None
    submission.assignment = None
    submission.key = "again"
    submission.save()
    new = Judgment.objects.create(
        project=project,
        submission=submission,
        item=old.item,
        annotator=old.annotator,
        kind=old.kind,
        kind_version=1,
        answer={"choice": "tie"},
        supersedes=old,
    )
    assert [r.context.judgment for r in evidence_of(project)] == [new.pk]


def test_progress(project: Project, annotator: User) -> None:
    for n in range(3):
        new_item(project, f"{n}?", overlap=2)
    judge(project, annotator)
    progress = project_progress(project)
    assert (progress.prompts, progress.items, progress.places) == (3, 3, 5)
    assert (progress.submissions, dict(progress.judgments)) == (1, {"pairwise": 1})


def test_projects_are_seen_by_members(
    project: Project, thumbs_project: Project, annotator: User, stranger: User, staff: User
) -> None:
    assert set(projects_of(annotator)) == {project, thumbs_project}
    assert not projects_of(stranger).exists()
    Project.objects.filter(pk=thumbs_project.pk).update(archived_at=timezone.now())
    assert set(projects_of(staff)) == {project}
    with pytest.raises(NotFound):
        get_project(annotator, "nowhere", Ability.JUDGE)


def test_items_and_leases_by_their_ids(
    project: Project, annotator: User, reviewer: User, stranger: User
) -> None:
    item = new_item(project)
    held = lease(project, annotator)
    assert get_item(annotator, item.pk, Ability.JUDGE) == item
    with pytest.raises(NotAllowed):
        get_item(annotator, item.pk, Ability.VIEW)
    with pytest.raises(NotFound):
        get_item(stranger, item.pk, Ability.JUDGE)
    assert get_assignment(annotator, held.pk) == held
    for user in (reviewer, stranger):
        with pytest.raises(NotFound):
            get_assignment(user, held.pk)
    project.memberships.filter(user=annotator).delete()
    with pytest.raises(NotFound):
        get_assignment(annotator, held.pk)


def test_blind_names(project: Project, owner: User, reviewer: User, annotator: User) -> None:
    open_item, blind = (
        new_item(project, "Open?"),
        new_item(project, "Blind?", blind=True, overlap=2),
    )

    def shown(user: User) -> bool:
        return names_shown(item_detail(project, blind.pk), user)

    assert names_shown(item_detail(project, open_item.pk), owner)
    services.withdraw_item(open_item)
    assert [shown(u) for u in (owner, reviewer)] == [False, False]
    judge(project, owner)
    assert [shown(u) for u in (owner, reviewer)] == [True, False]
    judge(project, annotator)
    assert [shown(u) for u in (owner, reviewer)] == [True, True]
