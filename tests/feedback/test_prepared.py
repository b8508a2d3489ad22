"""Prepared queries read and store what the ORM would, whatever the values."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count
from django.forms import model_to_dict
from django.utils import timezone

from feedback import services
from feedback.assignment import next_assignment
from feedback.errors import NotFound
from feedback.models import Annotator, Assignment, Item, Project, Submission, User
from feedback.prepared import Given, Prepared, insert, remember
from tests.cast import judge, lease, new_item

pytestmark = pytest.mark.django_db

ITEMS = Prepared(
    lambda: (
        Item.objects.select_related("prompt", "repeats")
        .annotate(n=Count("slots"))
        .filter(project=Given("project"), order_key__gte=Given("key"))
        .order_by("-pk")[:2]
    )
)


def test_objects_are_those_of_the_orm(project: Project) -> None:
    items = [new_item(project, f"Question {n}?") for n in range(3)]
    for _ in range(3):  # planned for its values, prepared, and as it was prepared
        found = ITEMS.rows(project=project.pk, key=-5)
        assert found == items[:0:-1]
    with_nothing = ITEMS.rows(project=project.pk, key=1)
    assert with_nothing == []
    stored = Item.objects.select_related("prompt").get(pk=found[0].pk)
    assert model_to_dict(found[0]) == model_to_dict(stored)
    assert found[0].kinds == stored.kinds and isinstance(found[0].kinds, list)
    assert found[0].created == stored.created
    with connection.execute_wrapper(_refuse):
        assert found[0].prompt.messages == stored.prompt.messages
        assert found[0].repeats is None
        assert found[0].n == 2  # type: ignore[attr-defined]  # annotated


def test_first_is_one_or_none(project: Project) -> None:
    item = new_item(project)
    assert ITEMS.first(project=project.pk, key=0) == item
    assert ITEMS.first(project=project.pk + 1, key=0) is None


def test_whole_numbers_of_every_size_are_one_statement(project: Project) -> None:
    new_item(project)
    for key in (0, 40_000, 1 << 40):
        for _ in range(3):
            ITEMS.rows(project=project.pk, key=key)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT parameter_types::text FROM pg_prepared_statements WHERE statement LIKE %s",
            ["%COUNT(%LIMIT 2%"],
        )
        prepared = cursor.fetchall()
    assert prepared == [("{bigint,bigint}",)]


def test_a_stored_row_is_that_of_save(project: Project, annotator: User) -> None:
    item = new_item(project)
    person = services.annotator_for_user(project, annotator)
    row = Assignment(
        item=item, annotator=person, order=[1, 0], expires_at=timezone.now() + timedelta(hours=1)
    )
    insert(row)
    stored = Assignment.objects.get(pk=row.pk)
    assert model_to_dict(row) == model_to_dict(stored)
    assert row.created == stored.created
    row.skip_reason = "It is known to be stored."
    row.save()
    assert Assignment.objects.count() == 1


def test_what_comes_before_is_done_with_it_or_not_at_all(project: Project, annotator: User) -> None:
    item = new_item(project)
    person = services.annotator_for_user(project, annotator)
    renamed = "WITH renamed AS (UPDATE feedback_project SET name = %s WHERE id = %s) "
    fields: dict[str, Any] = {"item": item, "annotator": person, "key": "k", "body_digest": "d"}
    insert(Submission(**fields), renamed, ["Once", project.pk])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(Submission(**fields), renamed, ["Twice", project.pk])
    project.refresh_from_db()
    assert (project.name, Submission.objects.count()) == ("Once", 1)


def test_what_is_remembered_can_be_asked_further(project: Project) -> None:
    one, other = new_item(project), new_item(project, "Another question?")
    slots = list(one.slots.select_related("completion").order_by("-index"))
    remember(one, "slots", slots)
    with connection.execute_wrapper(_refuse):
        assert list(one.slots.all()) == slots
    assert [slot.index for slot in one.slots.order_by("index")] == [0, 1]
    assert not set(one.slots.order_by("index")) & set(other.slots.all())


def test_a_save_takes_few_queries(
    project: Project, annotator: User, django_assert_max_num_queries: Any
) -> None:
    """A query more is some three per cent of what a save costs."""
    for n in range(3):
        new_item(project, f"Question {n}?")
    judge(project, annotator)
    person = services.annotator_for_user(project, annotator)
    with django_assert_max_num_queries(8):
        found = next_assignment(person)
    assert isinstance(found, Assignment)
    new = services.NewSubmission(
        item_id=found.item_id,
        annotator=person,
        answers={"pairwise": {"choice": "first"}},
        key="few",
        assignment_id=found.pk,
    )
    with django_assert_max_num_queries(7):
        services.submit_judgment(new)


def test_a_live_lease_with_a_used_key_is_told_so(project: Project, annotator: User) -> None:
    """Under a live lease the key is not looked up: the row is refused, and the reason found."""
    first, second = new_item(project), new_item(project, "Another question?")
    held = lease(project, annotator)
    answers = {"pairwise": {"choice": "first"}}
    new = services.NewSubmission(first.pk, held.annotator, answers, "k", held.pk)
    assert services.submit_judgment(new).status == "created"
    assert services.submit_judgment(new).status == "same"
    held = lease(project, annotator)
    again = services.NewSubmission(second.pk, held.annotator, answers, "k", held.pk)
    (outcome,) = services.submit_judgments([again])
    assert outcome.status == "refused" and outcome.error is not None
    assert outcome.error.code == "key_conflict"
    held.refresh_from_db()
    assert held.state == "open"


def test_a_seat_is_refused_as_the_project_is(project: Project, annotator: User) -> None:
    seat = services.annotator_at(annotator, project.slug)
    assert seat == services.annotator_at(annotator, project.slug)
    item = new_item(project)
    assert services.annotator_on(annotator, item.pk) == seat
    services.remove_member(project, annotator)
    with pytest.raises(NotFound, match="There is no such project"):
        services.annotator_at(annotator, project.slug)
    for pk in (item.pk, item.pk + 1):
        with pytest.raises(NotFound, match="There is no such item"):
            services.annotator_on(annotator, pk)
    assert Annotator.objects.filter(user=annotator).count() == 1


def _refuse(execute: Any, sql: str, *rest: Any) -> None:
    raise AssertionError(f"a query more: {sql}")
