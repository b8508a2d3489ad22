"""The cursor into the queue: cheap for who has had much, and nothing that comes back is ever missed."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from feedback import services
from feedback.assignment import (
    Nothing,
    broken_items,
    expire_assignments,
    next_assignment,
    release_all,
    release_assignment,
    skip_assignment,
)
from feedback.assignment.queue import BEHIND_ALL, MOST_FREED
from feedback.errors import TouchstoneError
from feedback.models import Annotator, Assignment, Item, Project, User
from tests.cast import lease, new_item
from tests.feedback.test_assignment import answer, crowd
from tests.threads import at_once


def finish(project: Project, user: User) -> Annotator:
    """Let the user judge everything that is open to them."""
    me = services.annotator_for_user(project, user)
    while isinstance(found := next_assignment(me), Assignment):
        answer(found, f"k{found.pk}")
    me.refresh_from_db()
    return me


def items(project: Project, n: int, overlap: int = 3) -> list[Item]:
    return [new_item(project, f"{k}?", overlap=overlap) for k in range(n)]


def test_breadth_comes_before_depth(project: Project, annotator: User, reviewer: User) -> None:
    first, second, third = items(project, 3)
    assert lease(project, annotator).item_id == first.pk
    assert lease(project, reviewer).item_id == second.pk
    release_assignment(lease(project, annotator))
    assert lease(project, annotator).item_id == first.pk
    assert [item.order_key for item in Item.objects.order_by("pk")] == [1, 1, 0]
    skip_assignment(lease(project, annotator))
    assert lease(project, annotator).item_id == third.pk


def test_who_has_had_all_stands_behind_all(project: Project, annotator: User) -> None:
    items(project, 5)
    me = finish(project, annotator)
    assert (me.cursor_key, me.cursor_id) == BEHIND_ALL


def test_asking_again_walks_over_nothing(project: Project, annotator: User) -> None:
    """The plan of the query from the cursor reads no row of the items that were had."""
    items(project, 60)
    me = finish(project, annotator)
    with CaptureQueriesContext(connection) as queries:
        assert isinstance(next_assignment(me), Nothing)
    walks = [q["sql"] for q in queries if "ROW(" in q["sql"]]
    assert len(walks) == 2  # what was freed since, and from the cursor on
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT TEXT) {walks[-1]}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "item_open_queue" in plan
    assert "ROW(order_key, id) >= ROW(" in plan
    assert "Rows Removed by Filter" not in plan


@pytest.mark.parametrize("way", ["release", "skip", "lapse", "new", "wider", "key"])
def test_what_becomes_available_is_found_before_the_cursor(
    project: Project, annotator: User, reviewer: User, way: str
) -> None:
    first, *_ = items(project, 3, overlap=1)
    held = lease(project, reviewer)
    assert held.item_id == first.pk
    me = finish(project, annotator)
    wanted = first.pk
    if way == "release":
        release_assignment(held)
    elif way == "skip":
        skip_assignment(held)
    elif way == "lapse":
        Assignment.objects.filter(pk=held.pk).update(expires_at=timezone.now())
    elif way == "new":
        wanted = new_item(project, "new?").pk
    elif way == "wider":
        Item.objects.filter(pk=first.pk).update(overlap=2, places=1)
    else:
        Item.objects.filter(pk=first.pk).update(places=1, order_key=-7)
    found = next_assignment(me)
    assert isinstance(found, Assignment)
    assert found.item_id == wanted


def test_many_that_come_back_begin_the_queue_anew(
    project: Project, annotator: User, reviewer: User
) -> None:
    few = items(project, 3, overlap=1)
    me = finish(project, annotator)
    again = [new_item(project, f"new {n}?") for n in range(MOST_FREED + 1)]
    found = next_assignment(me)
    assert isinstance(found, Assignment)
    assert found.item_id == again[0].pk
    me.refresh_from_db()
    assert me.cursor_key == 0
    assert few[0].pk < again[0].pk


def test_all_that_somebody_holds_can_be_given_back(
    project: Project, annotator: User, reviewer: User
) -> None:
    items(project, 2, overlap=1)
    held = lease(project, annotator)
    next_assignment(held.annotator, after=held.pk)
    assert release_all(held.annotator) == 2
    assert lease(project, reviewer).item_id == held.item_id


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("overlap", [1, 3])
def test_places_add_up_whatever_happens_at_once(project: Project, overlap: int) -> None:
    """Takes, skips, releases, lapses, answers and undone answers by sixteen people; none is lost."""
    for n in range(12):
        new_item(project, f"{n}?", overlap=overlap)
    people = crowd(project)

    def live(number: int) -> None:
        chance = random.Random(number)
        for n in range(25):
            found = next_assignment(people[number])
            if not isinstance(found, Assignment):
                continue
            with suppress(TouchstoneError):
                _something(found, chance, f"{number}-{n}")

    at_once(live)
    assert not broken_items(project.pk).exists()
    expire_assignments(timezone.now() + timedelta(days=1))
    assert not broken_items(project.pk).exists()
    for person in people:
        while isinstance(found := next_assignment(person), Assignment):
            answer(found, f"end-{found.pk}")
    assert set(Item.objects.values_list("places", flat=True)) == {0}
    assert not broken_items(project.pk).exists()


def _something(found: Assignment, chance: random.Random, key: str) -> None:
    drawn = chance.random()
    if drawn < 0.03:
        skip_assignment(found)
    elif drawn < 0.25:
        release_assignment(found)
    elif drawn < 0.45:
        Assignment.objects.filter(pk=found.pk).update(expires_at=timezone.now())
    else:
        stored = answer(found, key).submission
        if drawn < 0.6 and stored is not None:
            services.withdraw_submission(found.annotator, stored.pk, found.item_id)
