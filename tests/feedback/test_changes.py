"""An answer that was stored may be amended or taken back: in time, once, and counted once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from feedback import services
from feedback.assignment import next_assignment
from feedback.errors import InvalidInput, NotFound, TouchstoneError
from feedback.models import (
    Assignment,
    AssignmentState,
    Draft,
    Item,
    Judgment,
    KindRecord,
    Project,
    Source,
    Submission,
    User,
)
from feedback.selectors import annotator_submissions, evidence_of, live_judgments, project_progress
from tests.cast import judge, lease, new_item, new_project
from tests.threads import THREADS, at_once

TIE = {"pairwise": {"choice": "tie"}}
SECOND = {"pairwise": {"choice": "second"}}


@pytest.fixture
def stored(project: Project, annotator: User) -> Submission:
    """The annotator's answer to the project's only item."""
    new_item(project)
    return judged(project, annotator)


def judged(project: Project, user: User) -> Submission:
    submission = judge(project, user).submission
    assert submission is not None
    return submission


def amend(old: Submission, key: str = "new", **changes: Any) -> services.SubmissionOutcome:
    """Another answer in the place of the old one."""
    fields: dict[str, Any] = {"answers": TIE, "amends": old.pk, **changes}
    new = services.NewSubmission(old.item_id, old.annotator, key=key, **fields)
    return services.submit_judgment(new)


def undo(old: Submission) -> Assignment:
    return services.withdraw_submission(old.annotator, old.pk, old.item_id)


def refusal(work: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(TouchstoneError) as caught:
        work(*args, **more)
    return caught.value.code


def test_an_amendment_takes_the_place_of_the_answer(project: Project, stored: Submission) -> None:
    old = stored.judgments.get()
    new = amend(stored, lead_time=9.5, edits=3, client="test 1").submission
    assert new is not None
    assert (new.amends, new.order, new.assignment) == (stored, stored.order, None)
    assert (new.lead_time, new.edits, new.client) == (9.5, 3, "test 1")
    assert new.judgments.get().supersedes == old
    assert [j.answer["choice"] for j in live_judgments()] == ["tie"]
    assert len(list(evidence_of(project))) == 1
    assert project_progress(project).submissions == 1
    assert annotator_submissions(stored.annotator) == 1
    assert Item.objects.get().places == 0
    assert services.last_submission(stored.annotator) == new


def test_an_amendment_can_be_amended_but_not_twice(stored: Submission) -> None:
    new = amend(stored).submission
    assert new is not None
    assert refusal(amend, stored, key="other") == "cannot_change_amended"
    assert amend(new, key="third", answers=SECOND).status == "created"
    assert [j.answer["choice"] for j in live_judgments()] == ["second"]


def test_a_repeated_amendment_is_harmless(stored: Submission) -> None:
    assert [amend(stored).status for _ in range(2)] == ["created", "same"]
    assert refusal(amend, stored, answers=SECOND) == "key_conflict"
    assert Judgment.objects.count() == 2


def test_an_answer_taken_back_does_not_count_and_its_item_is_open(
    project: Project, stored: Submission
) -> None:
    held = undo(stored)
    assert held.state == AssignmentState.OPEN
    assert held.expires_at > timezone.now() + timedelta(minutes=project.lease_minutes - 1)
    assert not live_judgments().exists()
    assert project_progress(project).submissions == annotator_submissions(stored.annotator) == 0
    assert Item.objects.get().places == 0
    assert services.last_submission(stored.annotator) is None
    found = next_assignment(stored.annotator)
    assert found == held
    again = services.NewSubmission(held.item_id, held.annotator, TIE, "again", held.pk)
    assert services.submit_judgment(again).status == "created"
    assert [j.answer["choice"] for j in live_judgments()] == ["tie"]
    assert Submission.objects.count() == 2


def test_what_was_answered_is_typed_in_again(stored: Submission) -> None:
    undo(stored)
    fields = Draft.objects.get().fields
    assert (fields["pairwise.choice"], fields["pairwise.strength"]) == ("first", "2")


def test_an_amendment_can_be_taken_back(stored: Submission) -> None:
    new = amend(stored).submission
    assert new is not None
    assert refusal(undo, stored) == "cannot_change_amended"
    held = undo(new)
    assert not live_judgments().exists()
    assert refusal(undo, new) == "cannot_change_withdrawn"
    assert refusal(amend, new, key="late") == "cannot_change_withdrawn"
    again = services.NewSubmission(held.item_id, held.annotator, SECOND, "again", held.pk)
    assert services.submit_judgment(again).status == "created"


def test_taking_back_leaves_two_leases_at_most(project: Project, annotator: User) -> None:
    for n in range(3):
        new_item(project, f"{n}?")
    old = judged(project, annotator)
    on_screen = lease(project, annotator)
    fetched = next_assignment(old.annotator, after=on_screen.pk)
    assert isinstance(fetched, Assignment)
    held = undo(old)
    open_now = Assignment.objects.filter(state=AssignmentState.OPEN).order_by("pk")
    assert list(open_now) == [held, on_screen]
    assert Item.objects.get(pk=fetched.item_id).places == 1
    assert lease(project, annotator) == held  # it comes first


def test_the_time_of_grace(project: Project, stored: Submission) -> None:
    assert services.changeable_until(stored) is not None
    begun = timezone.now() - timedelta(minutes=project.grace_minutes, seconds=1)
    Assignment.objects.update(closed_at=begun)
    assert services.changeable_until(stored) is None
    assert refusal(amend, stored) == refusal(undo, stored) == "cannot_change_grace_over"
    assert refusal(services.last_changeable, stored.annotator) == "cannot_change_grace_over"
    assert Judgment.objects.get().withdrawn_at is None


def test_amending_does_not_prolong_the_time(project: Project, stored: Submission) -> None:
    new = amend(stored).submission
    assert new is not None
    begun = timezone.now() - timedelta(minutes=project.grace_minutes, seconds=1)
    Assignment.objects.update(closed_at=begun)
    assert refusal(amend, new, key="third") == "cannot_change_grace_over"


def test_a_final_answer_stays(owner: User, reviewer: User, annotator: User) -> None:
    asked = {"kind": "willingness_to_pay", "settings": {"gate": False}}
    project = new_project(owner, reviewer, annotator, name="Worth", kinds=[asked])
    new_item(project)
    answers = {"willingness_to_pay": {"preferred": "first", "amount": "2.50"}}
    submission = judge(project, annotator, answers).submission
    assert submission is not None
    assert services.changeable_until(submission) is None
    assert refusal(amend, submission, answers=answers) == "cannot_change_final"
    assert refusal(undo, submission) == "cannot_change_final"
    assert KindRecord.objects.count() == 1
    assert Judgment.objects.get().withdrawn_at is None


def test_a_blind_answer_stays_once_the_names_are_told(project: Project, annotator: User) -> None:
    new_item(project, blind=True)
    old = judged(project, annotator)
    assert services.changeable_until(old) is None
    assert refusal(amend, old) == refusal(undo, old) == "cannot_change_revealed"
    assert [j.answer["choice"] for j in live_judgments()] == ["first"]


def test_only_ones_own(project: Project, stored: Submission, reviewer: User) -> None:
    other = services.annotator_for_user(project, reviewer)
    with pytest.raises(NotFound):
        services.withdraw_submission(other, stored.pk, stored.item_id)
    new = services.NewSubmission(stored.item_id, other, TIE, "k", amends=stored.pk)
    assert refusal(services.submit_judgment, new) == "unknown_submission"
    assert refusal(services.last_changeable, other) == "nothing_to_change"


def test_withdrawn_items_and_machines(project: Project, stored: Submission) -> None:
    robot = services.annotator_for(project, Source.JUDGE, "robot")
    new = services.NewSubmission(stored.item_id, robot, TIE, "k")
    by_machine = services.submit_judgment(new).submission
    assert by_machine is not None
    assert refusal(undo, by_machine) == "cannot_change_no_lease"
    services.withdraw_item(stored.item)
    stored.item.refresh_from_db()
    assert refusal(undo, stored) == "item_withdrawn"


def test_an_assignment_and_what_is_amended_exclude_each_other(stored: Submission) -> None:
    with pytest.raises(InvalidInput) as caught:
        amend(stored, assignment_id=stored.assignment_id)
    assert caught.value.code == "assignment_and_amends"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"edits": -1}, "invalid_edits"),
        ({"edits": 2**31}, "invalid_edits"),
        ({"client": "x" * 61}, "invalid_client"),
        ({"client": "a\x00"}, "invalid_client"),
        ({"lead_time": float("nan")}, "invalid_lead_time"),
        ({"answers": {"pairwise": {"choice": "?"}}}, "invalid_answer"),
        ({"answers": {}}, "wrong_kinds"),
        ({"amends": 999_999}, "unknown_submission"),
        ({"amends": None}, "assignment_needed"),
    ],
)
def test_a_wrong_amendment_leaves_the_answer(
    stored: Submission, more: dict[str, Any], code: str
) -> None:
    assert refusal(amend, stored, **more) == code
    assert [j.answer["choice"] for j in live_judgments()] == ["first"]


@pytest.mark.django_db(transaction=True)
def test_amendments_at_once_store_one(stored: Submission) -> None:
    codes: list[str] = []

    def change(number: int) -> None:
        try:
            codes.append(amend(stored, key=f"k{number}").status)
        except TouchstoneError as error:
            codes.append(error.code)

    at_once(change)
    assert Counter(codes) == {"created": 1, "cannot_change_amended": THREADS - 1}
    assert live_judgments().count() == 1


@pytest.mark.django_db(transaction=True)
def test_amending_and_taking_back_at_once(project: Project, annotator: User) -> None:
    """Whoever wins, the item is either judged once or open once."""
    for n in range(5):
        new_item(project, f"{n}?")
        old = judged(project, annotator)

        def change(number: int, old: Submission = old) -> None:
            try:
                _ = amend(old, key=f"k{old.pk}-{number}") if number % 2 else undo(old)
            except TouchstoneError as error:
                assert error.code.startswith("cannot_change"), error.code

        at_once(change, 6)
        places = Item.objects.get(pk=old.item_id).places
        counted = live_judgments().filter(item=old.item_id).count()
        leases = Assignment.objects.filter(item=old.item_id, state=AssignmentState.OPEN).count()
        assert (places, counted + leases) == (0, 1)
        if leases:
            held = lease(project, annotator)
            again = services.NewSubmission(held.item_id, held.annotator, TIE, f"z{n}", held.pk)
            services.submit_judgment(again)


@pytest.mark.django_db(transaction=True)
def test_taking_back_while_fetching_ahead_keeps_to_two(project: Project, annotator: User) -> None:
    for n in range(30):
        new_item(project, f"{n}?")
    me = services.annotator_for_user(project, annotator)
    for _ in range(10):
        Assignment.objects.filter(state=AssignmentState.OPEN).delete()
        Item.objects.update(places=1)
        old = judged(project, annotator)

        def work(number: int, old: Submission = old) -> None:
            if number == 0:
                undo(old)
                return
            found = next_assignment(me)
            if isinstance(found, Assignment):
                next_assignment(me, after=found.pk)

        at_once(work, 4)
        assert Assignment.objects.filter(annotator=me, state=AssignmentState.OPEN).count() == 2
