"""Scoring what waits: signals of a reward model, and a queue that asks first where its members disagree."""

from __future__ import annotations

import pytest

from feedback import services
from feedback.errors import InvalidInput
from feedback.models import Item, Project, Signal, User
from feedback.selectors.signals import item_values, newest_version
from feedback.selectors.waiting import DISAGREEMENT
from tests.cast import new_checkpoint, new_item
from tests.loop import checkpoint_of, frozen, judged_project, queue_training
from training.operations.score_items import REWARD, disagreement
from training.services import run_here, run_next, start_scoring

pytestmark = pytest.mark.django_db(transaction=True)


def test_disagreement_is_the_spread_of_the_members_choices() -> None:
    assert disagreement([[1, 1], [0, 0]]) == 0
    assert disagreement([[9e3, -9e3], [0, 0]]) == pytest.approx(0.5)
    assert disagreement([[1, -1], [0, 0]]) == pytest.approx(0.2311, abs=1e-4)


def test_an_ensemble_says_where_it_disagrees(project: Project, owner: User, toy: str) -> None:
    snapshot = frozen(judged_project(project, 30), owner)
    trained = run_here(
        queue_training(snapshot, owner, toy, "reward_model", head="frozen", members=3)
    )
    checkpoint = checkpoint_of(trained)
    waiting = [new_item(project, f"What about {n}?") for n in range(4)]
    services.update_queue(project, {"order": "uncertain"})
    job = run_here(start_scoring(checkpoint, owner))
    assert job.state == "done", job.error
    assert job.result["items"] >= 4
    version = newest_version(project, DISAGREEMENT, about="item")
    assert version is not None
    assert version.startswith(f"{checkpoint.pk}: ")
    doubts = item_values(project, DISAGREEMENT, version)
    assert {item.pk for item in waiting} <= set(doubts)
    assert all(0 <= doubt <= 0.5 for doubt in doubts.values())
    assert Signal.objects.filter(name=REWARD).count() == job.result["completions"]
    ordering = run_next("default", "test")
    assert ordering is not None
    assert (ordering.operation, ordering.state) == ("order_items", "done"), ordering.error
    keys = dict(Item.objects.filter(pk__in=doubts).values_list("pk", "order_key"))
    assert min(keys, key=keys.__getitem__) == max(doubts, key=doubts.__getitem__)


def test_a_policy_scores_nothing(project: Project, owner: User) -> None:
    snapshot = frozen(judged_project(project, 10), owner)
    with pytest.raises(InvalidInput) as error:
        start_scoring(new_checkpoint(snapshot, owner), owner)
    assert error.value.code == "wrong_model"
