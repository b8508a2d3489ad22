"""The job that orders the queue: keys by rank, and people who go on working meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from feedback import services
from feedback.assignment import broken_items
from feedback.models import Item, Project, User
from feedback.ordering import NOW
from tests.cast import judge, lease, new_item
from tests.feedback.test_queue_limits import answer
from tests.threads import at_once
from tests.training.operations.test_import_and_freeze import imported, row
from training.models import Job
from training.services import (
    order_what_is_due,
    ordering,
    run_next,
    save_queue,
    start_ordering,
)

pytestmark = pytest.mark.django_db(transaction=True)


def order(project: Project, owner: User, name: str) -> None:
    """Set the order and let the job run."""
    services.update_queue(project, {"order": name})
    job = start_ordering(project, owner)
    assert run_next("default", "test") is not None
    job.refresh_from_db()
    assert (job.state, job.result["order"]) == ("done", name), job.error


@pytest.mark.parametrize("name", ["breadth", "priority", "uncertain", "informative"])
def test_every_order_keeps_the_taken_places(
    project: Project, owner: User, annotator: User, name: str
) -> None:
    items = [new_item(project, f"{n}?", overlap=3) for n in range(3)]
    services.change_item(items[1], {"priority": 2})
    lease(project, annotator)
    order(project, owner, name)
    keys = dict(Item.objects.values_list("pk", "order_key"))
    assert [keys[item.pk] % 1024 for item in items] == [1, 0, 0]
    assert not broken_items(project.pk).exists()
    if name == "breadth":
        assert [keys[item.pk] for item in items] == [1, 0, 0]
    if name == "priority":
        assert [keys[item.pk] for item in items] == [1, -2048, 0]


def test_disagreement_is_asked_first(
    project: Project, owner: User, annotator: User, reviewer: User
) -> None:
    agreed, split = (new_item(project, f"{n}?", overlap=3) for n in range(2))
    for user, choice in ((annotator, "first"), (reviewer, "second")):
        for _ in range(2):
            held = lease(project, user)
            answer(held, choice if held.item_id == split.pk else "tie")
    order(project, owner, "uncertain")
    assert lease(project, owner).item_id == split.pk
    assert agreed.pk != split.pk


def test_what_is_wanted_at_once_stays_first(project: Project, owner: User) -> None:
    new_item(project, "0?")
    now = new_item(project, "1?")
    Item.objects.filter(pk=now.pk).update(order_key=NOW)
    services.update_queue(project, {"order": "priority"})
    order(project, owner, "priority")
    assert lease(project, owner).item_id == now.pk


def test_a_job_that_waits_is_not_queued_twice(project: Project, owner: User) -> None:
    assert start_ordering(project, owner).pk == start_ordering(project, owner).pk


def aged(project: Project, **ago: int) -> None:
    """The last order was worked out so long ago."""
    Job.objects.filter(project=project).update(finished_at=timezone.now() - timedelta(**ago))


def due(project: Project) -> bool:
    """Whether a job is queued by itself; it is run."""
    jobs = order_what_is_due()
    assert order_what_is_due() == []  # it waits: a second look asks for nothing
    for _ in jobs:
        assert run_next("default", "test") is not None
    return bool(jobs)


def test_an_order_follows_by_itself(
    project: Project, annotator: User, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "MANY", 2)
    for n in range(4):
        new_item(project, f"{n}?", overlap=3)
    assert not due(project)  # breadth needs no job
    services.update_queue(project, {"order": "uncertain"})
    assert due(project)
    assert not due(project)
    judge(project, annotator)
    aged(project, minutes=10)
    assert not due(project)  # one answer is not many
    judge(project, reviewer)
    assert due(project)
    judge(project, annotator)
    judge(project, reviewer)
    assert not due(project)  # many, but it is younger than five minutes
    aged(project, minutes=61)
    assert due(project)
    aged(project, minutes=61)
    assert not due(project)  # nothing is new
    new_item(project, "new?")
    assert due(project)
    services.update_queue(project, {"order": "priority"})
    assert due(project)
    new_item(project, "newer?")
    aged(project, minutes=61)
    assert not due(project)  # its keys follow by themselves


def test_a_failed_order_is_tried_again_once_an_hour(project: Project) -> None:
    new_item(project)
    services.update_queue(project, {"order": "informative"})
    assert due(project)
    Job.objects.update(state="failed")
    assert not due(project)
    aged(project, minutes=61)
    assert due(project)


def test_a_ceiling_holds_for_what_was_answered_before(
    project: Project, owner: User, annotator: User, reviewer: User
) -> None:
    agreed, split, closed = (new_item(project, f"{n}?", overlap=2) for n in range(3))
    Item.objects.filter(pk=closed.pk).update(places=0)
    for user, choice in ((annotator, "first"), (reviewer, "second")):
        for _ in range(2):
            held = lease(project, user)
            answer(held, choice if held.item_id == split.pk else "tie")
    _, job = save_queue(project, {"ceiling": 3}, owner)
    assert job is not None
    assert due(project) is False  # it waits already
    assert run_next("default", "test") is not None
    job.refresh_from_db()
    assert (job.state, job.result["widened"]) == ("done", 1), job.error
    assert lease(project, owner).item_id == split.pk
    overlaps = [Item.objects.get(pk=one.pk).overlap for one in (agreed, split, closed)]
    assert overlaps == [2, 3, 2]
    assert not broken_items(project.pk).exists()
    assert not due(project)
    services.update_queue(project, {"ceiling": 4})
    assert due(project)
    assert save_queue(project, {"ceiling": 4}, owner)[1] is None


def test_many_who_look_at_once_queue_one_job(project: Project) -> None:
    new_item(project)
    services.update_queue(project, {"order": "uncertain"})
    at_once(lambda _: order_what_is_due(), 6)
    assert Job.objects.filter(operation="order_items").count() == 1


def test_an_import_is_followed_by_one_order(project: Project, owner: User) -> None:
    services.update_queue(project, {"order": "uncertain"})
    for n in range(2):
        imported(project, owner, [row(n)])
    assert Job.objects.filter(operation="order_items", state="queued").count() == 1
    services.update_queue(project, {"order": "breadth"})
    Job.objects.all().delete()
    imported(project, owner, [row(7)])
    assert not Job.objects.filter(operation="order_items").exists()
