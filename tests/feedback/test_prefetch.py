"""Fetching ahead: two leases at most, each item still judged exactly as often as it should be; and gates."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from feedback import services
from feedback.assignment import Gated, Nothing, next_assignment, release_assignment
from feedback.errors import TouchstoneError
from feedback.models import (
    Annotator,
    Assignment,
    AssignmentState,
    Item,
    Project,
    RecordPurpose,
    Role,
    Submission,
    User,
)
from tests.cast import lease, new_item, new_project, usual_answers
from tests.threads import at_once

WTP = "willingness_to_pay"


def ahead(held: Assignment) -> Assignment:
    """What is fetched while the lease's item is on the screen."""
    found = next_assignment(held.annotator, after=held.pk)
    assert isinstance(found, Assignment), found
    return found


def answer(held: Assignment, key: str) -> services.SubmissionOutcome:
    """Submit the usual answer under the lease."""
    answers = usual_answers(held.item)
    return services.submit_judgment(
        services.NewSubmission(held.item_id, held.annotator, answers, key, held.pk)
    )


def held_by(annotator: Annotator) -> int:
    """How many leases are open."""
    return Assignment.objects.filter(annotator=annotator, state=AssignmentState.OPEN).count()


def test_the_next_item_is_leased_once(project: Project, annotator: User) -> None:
    items = [new_item(project, f"{n}?").pk for n in range(3)]
    first = lease(project, annotator)
    second = ahead(first)
    assert [first.item_id, second.item_id] == items[:2]
    assert ahead(first).pk == second.pk  # asked again, it is the same
    assert ahead(second).pk == first.pk  # and never a third
    assert lease(project, annotator).pk == first.pk  # a reload begins with the older one
    assert held_by(first.annotator) == 2
    answer(first, "a")
    assert lease(project, annotator).pk == second.pk
    assert ahead(second).item_id == items[2]


def test_after_what_is_over_or_not_ones_own(
    project: Project, annotator: User, reviewer: User
) -> None:
    for n in range(3):
        new_item(project, f"{n}?")
    other = lease(project, reviewer)
    first = lease(project, annotator)
    me = first.annotator
    for pk in (other.pk, 999_999):
        found = next_assignment(me, after=pk)
        assert isinstance(found, Assignment)
        assert found.pk == first.pk
    answer(first, "a")
    found = next_assignment(me, after=first.pk)
    assert isinstance(found, Assignment)
    assert held_by(me) == 1


def test_nothing_behind_the_last_item(project: Project, annotator: User) -> None:
    new_item(project)
    first = lease(project, annotator)
    nothing = next_assignment(first.annotator, after=first.pk)
    assert isinstance(nothing, Nothing)


def test_a_lease_that_lapsed_unseen_comes_back(
    project: Project, annotator: User, reviewer: User
) -> None:
    """What was fetched ahead too long ago is somebody else's by now; nothing of it is stored."""
    new_item(project, "One?")
    new_item(project, "Two?")
    first = lease(project, annotator)
    second = ahead(first)
    past = timezone.now() - timedelta(seconds=1)
    Assignment.objects.filter(pk=second.pk).update(expires_at=past)
    taken = lease(project, reviewer)
    assert taken.item_id == second.item_id
    with pytest.raises(TouchstoneError) as caught:
        answer(second, "late")
    assert caught.value.code == "lease_ended"
    answer(taken, "mine")
    assert Submission.objects.count() == 1


def test_a_released_item_can_be_fetched_again(project: Project, annotator: User) -> None:
    for n in range(2):
        new_item(project, f"{n}?")
    first = lease(project, annotator)
    second = ahead(first)
    release_assignment(second)
    again = ahead(first)
    assert (again.item_id, again.pk != second.pk) == (second.item_id, True)
    assert list(Item.objects.order_by("pk").values_list("places", flat=True)) == [0, 0]


@pytest.mark.django_db(transaction=True)
def test_many_tabs_hold_two_leases(project: Project, annotator: User) -> None:
    for n in range(20):
        new_item(project, f"{n}?")
    first = lease(project, annotator)
    at_once(lambda n: next_assignment(first.annotator, after=first.pk if n % 2 else None))
    assert held_by(first.annotator) == 2
    assert Item.objects.filter(places=0).count() == 2


@pytest.mark.django_db(transaction=True)
def test_overlap_is_exact_while_all_fetch_ahead(project: Project) -> None:
    for n in range(12):
        new_item(project, f"{n}?", overlap=2)
    users = [User.objects.create_user(f"crowd-{n}") for n in range(8)]
    for user in users:
        services.add_member(project, user, Role.ANNOTATOR)
    annotators = [services.annotator_for_user(project, user) for user in users]

    def work(number: int) -> None:
        me = annotators[number]
        found = next_assignment(me)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if isinstance(found, Assignment):
                behind = next_assignment(me, after=found.pk)
                answer(found, f"k{found.pk}")
                found = behind
            elif isinstance(found, Nothing) and found.code in ("all_judged", "all_yours_done"):
                return
            else:
                time.sleep(0.01)  # others hold what is left; they may give it back
                found = next_assignment(me)

    at_once(work, len(annotators))
    per_item = Counter(Submission.objects.values_list("item_id", flat=True))
    assert set(per_item.values()) == {2}
    assert len(per_item) == 12
    assert set(Item.objects.values_list("places", flat=True)) == {0}


@pytest.fixture
def gated_project(owner: User, reviewer: User, annotator: User) -> Project:
    """Asks what an answer is worth, which begins with questions."""
    return new_project(owner, reviewer, annotator, name="Worth", kinds=[WTP])


def test_a_gate_stands_before_the_item(gated_project: Project, annotator: User) -> None:
    new_item(gated_project)
    me = services.annotator_for_user(gated_project, annotator)
    found = next_assignment(me)
    assert isinstance(found, Gated)
    assert (found.record.kind, found.record.purpose) == (WTP, RecordPurpose.GATE)
    assert found.record.data["settings"]["mechanism"] == "bdm"
    again = next_assignment(me)
    assert isinstance(again, Gated)
    assert again.record == found.record
    assert not Assignment.objects.exists()
    assert Item.objects.get().places == 1
    found.record.closed_at = timezone.now()
    found.record.save()
    assert isinstance(next_assignment(me), Assignment)


def test_a_gate_holds_for_its_settings(gated_project: Project, annotator: User) -> None:
    new_item(gated_project, "One?")
    me = services.annotator_for_user(gated_project, annotator)
    found = next_assignment(me)
    assert isinstance(found, Gated)
    found.record.closed_at = timezone.now()
    found.record.save()
    first = next_assignment(me)
    assert isinstance(first, Assignment)
    dearer = {"kind": WTP, "settings": {"endowment": "9.00"}}
    services.update_project(gated_project, kinds=[dearer])
    new_item(gated_project, "Two?")
    other = next_assignment(me, after=first.pk)
    assert isinstance(other, Gated)
    assert other.record.data["settings"]["endowment"] == "9.00"


def test_items_without_a_gate_are_let_through(project: Project, annotator: User) -> None:
    new_item(project)
    found = next_assignment(services.annotator_for_user(project, annotator))
    assert isinstance(found, Assignment)
