"""The job that orders the queue: keys by rank, and people who go on working meanwhile."""

from __future__ import annotations

import pytest

from feedback import services
from feedback.assignment import broken_items
from feedback.models import Item, Project, User
from feedback.ordering import NOW
from tests.cast import lease, new_item
from tests.feedback.test_queue_limits import answer
from training.services import run_next, start_ordering


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
