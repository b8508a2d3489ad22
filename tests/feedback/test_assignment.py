"""Leases: exact overlap under real threads, lapses, skips, releases, and the reasons for nothing."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from feedback import services
from feedback.assignment import (
    Nothing,
    expire_assignments,
    extend_assignment,
    next_assignment,
    release_assignment,
    skip_assignment,
)
from feedback.errors import Conflict, TouchstoneError
from feedback.models import (
    Annotator,
    Assignment,
    AssignmentState,
    Item,
    Project,
    Role,
    Submission,
    User,
)
from tests.cast import judge, lease, new_item, usual_answers
from tests.threads import THREADS, at_once


def crowd(project: Project, n: int = THREADS) -> list[Annotator]:
    """So many annotators."""
    users = [User.objects.create_user(f"crowd-{k}") for k in range(n)]
    for user in users:
        services.add_member(project, user, Role.ANNOTATOR)
    return [services.annotator_for_user(project, user) for user in users]


def answer(assignment: Assignment, key: str) -> services.SubmissionOutcome:
    """Submit the usual answer under the lease."""
    new = services.NewSubmission(
        assignment.item_id,
        assignment.annotator,
        usual_answers(assignment.item),
        key,
        assignment.pk,
    )
    return services.submit_judgment(new)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("overlap", [1, 3])
def test_overlap_is_exact_under_threads(project: Project, overlap: int) -> None:
    """Sixteen people empty the queue together: every item has its judgments, and not one more."""
    for n in range(8):
        new_item(project, f"{n}?", overlap=overlap)
    annotators = crowd(project)

    def empty(number: int) -> None:
        for n in range(100):
            found = next_assignment(annotators[number])
            if isinstance(found, Assignment):
                answer(found, f"k{n}")
            elif isinstance(found, Nothing) and found.code in ("all_judged", "all_yours_done"):
                return

    at_once(empty)
    per_item = Counter(Submission.objects.values_list("item_id", flat=True))
    assert set(per_item.values()) == {overlap}
    assert len(per_item) == 8
    each = Counter(Submission.objects.values_list("item_id", "annotator_id"))
    assert set(each.values()) == {1}
    assert set(Item.objects.values_list("places", flat=True)) == {0}
    assert not Assignment.objects.filter(state=AssignmentState.OPEN).exists()


@pytest.mark.django_db(transaction=True)
def test_one_annotator_in_many_tabs_holds_one_lease(project: Project, annotator: User) -> None:
    """The same person asks sixteen times at once and is given one item, not sixteen."""
    for n in range(THREADS):
        new_item(project, f"{n}?")
    me = services.annotator_for_user(project, annotator)
    at_once(lambda _: next_assignment(me))
    assert Assignment.objects.filter(annotator=me, state=AssignmentState.OPEN).count() == 1
    assert Item.objects.filter(places=0).count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_key_stores_once_under_threads(project: Project, annotator: User) -> None:
    """A client that retries in a hurry stores one submission and is told so each time."""
    new_item(project)
    held = lease(project, annotator)
    statuses: list[str] = []
    at_once(lambda _: statuses.append(answer(held, "same").status))
    assert Counter(statuses) == {"created": 1, "same": THREADS - 1}
    assert Submission.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_different_keys_on_one_lease_store_once(project: Project, annotator: User) -> None:
    new_item(project, overlap=2)
    held = lease(project, annotator)
    codes: list[str] = []

    def submit(number: int) -> None:
        try:
            codes.append(answer(held, f"k{number}").status)
        except Conflict as conflict:
            codes.append(conflict.code)

    at_once(submit)
    assert Counter(codes) == {"created": 1, "already_submitted": THREADS - 1}
    assert Item.objects.get().places == 1


@pytest.mark.django_db(transaction=True)
def test_submitting_and_lapsing_at_once_keep_places_right(
    project: Project, annotator: User
) -> None:
    """Whoever wins, the place is used once or returned once."""
    for n in range(6):
        item = new_item(project, f"{n}?")
        held = lease(project, annotator)
        late = timezone.now() + timedelta(hours=2)

        def race(number: int, held: Assignment = held, late: object = late) -> None:
            if number % 2:
                expire_assignments(late)  # type: ignore[arg-type]
            else:
                with suppress(TouchstoneError):
                    answer(held, f"k{held.pk}")

        at_once(race, 6)
        item.refresh_from_db()
        assert item.places + item.submissions.count() == 1
        Item.objects.filter(pk=item.pk).update(places=0)


def test_a_lease_is_kept_until_it_ends(project: Project, annotator: User) -> None:
    new_item(project)
    new_item(project)
    held = lease(project, annotator)
    again = lease(project, annotator)
    assert (again.pk, again.order) == (held.pk, held.order)
    assert again.expires_at > held.expires_at


def test_a_lapsed_lease_comes_back_to_others(
    project: Project, annotator: User, reviewer: User
) -> None:
    new_item(project)
    held = lease(project, annotator)
    nothing = next_assignment(services.annotator_for_user(project, reviewer))
    assert isinstance(nothing, Nothing)
    assert nothing.code == "in_progress"
    Assignment.objects.update(expires_at=timezone.now())
    other = lease(project, reviewer)
    assert other.item_id == held.item_id
    held.refresh_from_db()
    assert held.state == AssignmentState.EXPIRED
    with pytest.raises(Conflict) as caught:
        answer(held, "late")
    assert caught.value.code == "lease_ended"
    answer(other, "mine")
    with pytest.raises(Conflict) as caught:
        answer(held, "later")
    assert caught.value.code == "item_complete"


def test_a_lapsed_lease_may_come_back_to_its_holder(project: Project, annotator: User) -> None:
    new_item(project)
    first = lease(project, annotator)
    Assignment.objects.update(expires_at=timezone.now())
    second = lease(project, annotator)
    assert second.item_id == first.item_id
    assert second.pk != first.pk
    assert Item.objects.get().places == 0


def test_expiry_returns_each_place_once(project: Project, annotator: User) -> None:
    new_item(project)
    lease(project, annotator)
    late = timezone.now() + timedelta(hours=1)
    assert expire_assignments(late) == 1
    assert expire_assignments(late) == 0
    assert Item.objects.get().places == 1


def test_extend_gives_the_full_time_again(project: Project, annotator: User) -> None:
    new_item(project)
    held = lease(project, annotator)
    Assignment.objects.update(expires_at=timezone.now() + timedelta(seconds=9))
    extended = extend_assignment(held)
    assert extended.expires_at - timezone.now() > timedelta(minutes=project.lease_minutes - 1)
    Assignment.objects.update(expires_at=timezone.now())
    with pytest.raises(Conflict):
        extend_assignment(held)


def test_skip_is_for_good_and_release_is_not(
    project: Project, annotator: User, reviewer: User
) -> None:
    new_item(project)
    release_assignment(lease(project, annotator))
    held = lease(project, annotator)
    skip_assignment(held, "unclear")
    nothing = next_assignment(held.annotator)
    assert isinstance(nothing, Nothing)
    assert nothing.code == "all_yours_done"
    assert lease(project, reviewer).item_id == held.item_id
    with pytest.raises(Conflict):
        skip_assignment(held)


def test_a_withdrawn_item_is_not_asked(project: Project, annotator: User) -> None:
    item = new_item(project)
    lease(project, annotator)
    services.withdraw_item(item)
    nothing = next_assignment(services.annotator_for_user(project, annotator))
    assert isinstance(nothing, Nothing)
    assert nothing.code == "no_items"


def test_items_come_in_order_and_only_from_the_project(
    project: Project, thumbs_project: Project, annotator: User
) -> None:
    new_item(thumbs_project)
    items = [new_item(project, f"{n}?").pk for n in range(3)]
    asked = [judge(project, annotator).submission for _ in items]
    assert [submission.item_id for submission in asked if submission] == items


def test_completions_are_shown_in_both_orders(project: Project, annotator: User) -> None:
    for n in range(40):
        new_item(project, f"{n}?")
    orders = set()
    for _ in range(40):
        held = lease(project, annotator)
        orders.add(tuple(held.order))
        answer(held, f"k{held.pk}")
    assert orders == {(0, 1), (1, 0)}
