"""Who is asked what: gold, exams, quotas, pauses, groups, repeats, and one more where people disagree."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from feedback import services
from feedback.assignment import (
    Nothing,
    broken_items,
    next_assignment,
    release_assignment,
    skip_assignment,
)
from feedback.errors import Conflict, InvalidInput
from feedback.exports import EXPORTS
from feedback.exports.base import ExportOptions
from feedback.models import Annotator, Assignment, Item, Project, Source, Submission, User
from feedback.selectors import evidence_of, project_progress
from feedback.selectors.gold import gold_standing
from feedback.services.decisions import ask_one_more
from feedback.services.erasure import erase_annotator
from tests.cast import ApiOf, lease, new_item

GOLD = {"pairwise": {"choice": "first"}}


def person(project: Project, user: User) -> Annotator:
    """As it is stored now, with the project as it is stored now."""
    project.refresh_from_db()
    found = services.annotator_for_user(project, user)
    found.refresh_from_db()
    return found


def queue(project: Project, **settings: Any) -> None:
    """Set the queue's settings; the others have their defaults."""
    services.update_queue(project, settings)


def code(project: Project, user: User) -> str:
    """Why there is nothing for the user."""
    found = next_assignment(person(project, user))
    assert isinstance(found, Nothing), found
    return found.code


def answer(assignment: Assignment, choice: str = "first") -> Submission:
    """Submit a choice under the lease."""
    new = services.NewSubmission(
        assignment.item_id,
        assignment.annotator,
        {"pairwise": {"choice": choice}},
        f"k{assignment.pk}",
        assignment.pk,
    )
    stored = services.submit_judgment(new).submission
    assert stored is not None
    return stored


def new_gold(project: Project, question: str) -> Item:
    """An item whose right answer is the first completion."""
    return services.mark_gold(new_item(project, question), GOLD, "Because it is.")


def test_gold_takes_no_place_and_comes_once_to_each(
    project: Project, annotator: User, reviewer: User
) -> None:
    gold = new_gold(project, "gold?")
    for n in range(3):
        new_item(project, f"{n}?", overlap=2)
    queue(project, gold_rate=0.5)
    for user in (annotator, reviewer):
        asked = []
        while isinstance(found := next_assignment(person(project, user)), Assignment):
            asked.append(found.item_id)
            answer(found)
        assert asked.count(gold.pk) <= 1
        assert len(set(asked) - {gold.pk}) == 3
    assert not broken_items(project.pk).exists()
    gold.refresh_from_db()
    assert gold.places == 0


def test_gold_is_not_evidence_nor_exported_nor_counted(project: Project, annotator: User) -> None:
    gold = new_gold(project, "gold?")
    new_item(project)
    queue(project, exam={"items": 1, "share": 1.0})
    held = lease(project, annotator)
    assert held.item_id == gold.pk
    assert answer(held).gold_right is True
    assert list(evidence_of(project)) == []
    assert project_progress(project).submissions == 0
    answer(lease(project, annotator))
    records = list(evidence_of(project))
    assert len(records) == 1
    assert {record.context.item for record in records}.isdisjoint({gold.pk})
    lines = EXPORTS["native"].lines(evidence_of(project), ExportOptions())
    assert "gold?" not in "".join(map(str, lines))


def test_an_answer_to_gold_cannot_be_changed(project: Project, annotator: User) -> None:
    new_gold(project, "gold?")
    queue(project, exam={"items": 1})
    stored = answer(lease(project, annotator), "second")
    assert stored.gold_right is False
    with pytest.raises(Conflict) as caught:
        services.withdraw_submission(stored.annotator, stored.pk, stored.item_id)
    assert caught.value.code == "cannot_change_revealed"


def test_wrong_answers_to_gold_pause_with_the_evidence(project: Project, annotator: User) -> None:
    for n in range(12):
        new_gold(project, f"gold {n}?")
    for n in range(40):
        new_item(project, f"{n}?")
    queue(project, gold_rate=0.5)
    while isinstance(found := next_assignment(person(project, annotator)), Assignment):
        answer(found, "second")
    me = person(project, annotator)
    assert code(project, annotator) == "paused"
    assert me.paused_at is not None
    assert "0 of 3 answers" in me.pause_reason
    assert "27 times as likely" in me.pause_reason
    services.resume_annotator(me)
    assert gold_standing(person(project, annotator)).wrong == 0
    assert isinstance(next_assignment(person(project, annotator)), Assignment)


def test_a_pause_gives_back_what_was_held(
    project: Project, annotator: User, reviewer: User
) -> None:
    item = new_item(project)
    held = lease(project, annotator)
    services.pause_annotator(held.annotator, "Please read the guidelines.")
    found = next_assignment(person(project, annotator))
    assert isinstance(found, Nothing)
    assert "Please read the guidelines." in found.message
    assert lease(project, reviewer).item_id == item.pk
    with pytest.raises(Conflict, match=r"You are paused.*Please read the guidelines") as caught:
        answer(held)
    assert caught.value.code == "paused"


def test_a_reason_over_rest_comes_with_a_pause(
    project: Project, owner: User, annotator: User, api_of: ApiOf
) -> None:
    url = f"/api/v1/projects/{project.slug}/annotators/{person(project, annotator).pk}/"
    patch = partial(api_of(owner).patch, url, format="json")
    assert patch({"paused": True, "reason": "One."}).json()["pause_reason"] == "One."
    for said in ({"reason": "Two."}, {"reason": "Two.", "paused": False}):
        refused = patch(said)
        assert (refused.status_code, "comes with" in str(refused.json())) == (400, True)
    assert person(project, annotator).pause_reason == "One."


def test_gold_under_a_lease_that_ran_out_is_not_said_to_be_complete(
    project: Project, annotator: User
) -> None:
    new_gold(project, "gold?")
    queue(project, exam={"items": 1})
    held = lease(project, annotator)
    release_assignment(held)
    with pytest.raises(Conflict) as caught:
        answer(held)
    assert caught.value.code == "lease_ended"


@pytest.mark.parametrize(
    ("choices", "result"), [("first", "all_judged"), ("second", "exam_failed")]
)
def test_an_exam_comes_first(project: Project, annotator: User, choices: str, result: str) -> None:
    golds = {new_gold(project, f"gold {n}?").pk for n in range(3)}
    item = new_item(project)
    queue(project, exam={"items": 2, "share": 0.5})
    asked = [answer(lease(project, annotator), choices).item_id for _ in range(2)]
    assert set(asked) < golds
    passed = person(project, annotator).exam_passed_at is not None
    assert passed == (result == "all_judged")
    if passed:
        assert answer(lease(project, annotator)).item_id == item.pk
    assert code(project, annotator) == result
    if not passed:
        services.pass_exam(person(project, annotator))
        assert lease(project, annotator).item_id == item.pk


def test_an_exam_without_enough_gold_is_said_to_be_missing(
    project: Project, annotator: User
) -> None:
    new_gold(project, "gold?")
    new_item(project)
    queue(project, exam={"items": 2})
    held = lease(project, annotator)
    ahead = next_assignment(person(project, annotator), after=held.pk)
    assert isinstance(ahead, Nothing)
    answer(held)
    assert code(project, annotator) == "exam_missing"


def test_the_quota_counts_the_days_answers(project: Project, annotator: User) -> None:
    for n in range(3):
        new_item(project, f"{n}?")
    queue(project, daily_quota=2)
    held = lease(project, annotator)
    ahead = next_assignment(person(project, annotator), after=held.pk)
    assert isinstance(ahead, Assignment)
    assert isinstance(next_assignment(held.annotator, after=ahead.pk), Assignment)
    answer(held)
    answer(ahead)
    assert code(project, annotator) == "quota"
    Assignment.objects.filter(pk=held.pk).update(closed_at="2020-01-01T00:00Z")
    assert isinstance(next_assignment(person(project, annotator)), Assignment)


def test_items_for_groups_and_for_one_person(
    project: Project, annotator: User, reviewer: User
) -> None:
    first, second, third = (new_item(project, f"{n}?") for n in range(3))
    group = services.save_group(project, "Experts", [])
    services.change_item(first, {"group": group})
    services.change_item(second, {"only_for": person(project, reviewer)})
    assert answer(lease(project, annotator)).item_id == third.pk
    assert code(project, annotator) == "all_yours_done"
    services.save_group(project, "Experts", [person(project, annotator)], group)
    assert answer(lease(project, annotator)).item_id == first.pk
    assert code(project, annotator) == "all_yours_done"
    services.change_item(second, {"only_for": None})
    assert lease(project, annotator).item_id == second.pk
    with pytest.raises(Conflict):
        services.delete_group(group)


def test_priority_moves_items(project: Project, annotator: User) -> None:
    queue(project, order="priority")
    items = [new_item(project, f"{n}?") for n in range(3)]
    services.change_item(items[2], {"priority": 5})
    services.change_item(items[1], {"priority": 1})
    asked = [answer(lease(project, annotator)).item_id for _ in items]
    assert asked == [items[2].pk, items[1].pk, items[0].pk]
    with pytest.raises(InvalidInput):
        services.change_item(items[0], {"priority": 5000})


def test_repeats_swap_the_sides_and_are_not_evidence(project: Project, annotator: User) -> None:
    for n in range(60):
        new_item(project, f"{n}?")
    queue(project, repeat_rate=0.2)
    orders: dict[int, list[int]] = {}
    repeats = 0
    while isinstance(found := next_assignment(person(project, annotator)), Assignment):
        orders[found.item_id] = found.order
        first = found.item.repeats_id
        if first is not None:
            assert found.order == orders[first][::-1]
            repeats += 1
        answer(found)
    assert repeats > 0
    assert len(list(evidence_of(project))) == 60
    assert not broken_items(project.pk).exists()


@pytest.mark.parametrize(("choices", "asked"), [("first second tie", 4), ("first first", 2)])
def test_one_more_is_asked_where_people_disagree(
    project: Project, choices: str, asked: int
) -> None:
    item = new_item(project, overlap=2)
    queue(project, ceiling=4)
    for n, choice in enumerate((choices + " both_bad").split()):
        user = User.objects.create_user(f"p{n}")
        found = next_assignment(person(project, user))
        if isinstance(found, Assignment):
            answer(found, choice)
    item.refresh_from_db()
    assert (item.overlap, item.submissions.count(), item.places) == (asked, asked, 0)
    assert not broken_items(project.pk).exists()


def test_what_is_no_gold_is_refused(project: Project) -> None:
    item = new_item(project)
    wrong: list[dict[str, Any]] = [{}, {"thumbs": {}}, {"pairwise": {"choice": "third"}}]
    for answers in wrong:
        with pytest.raises(InvalidInput):
            services.mark_gold(item, answers)


def test_gold_that_is_none_any_more_is_asked_again(
    project: Project, annotator: User, reviewer: User
) -> None:
    item = new_item(project, overlap=2)
    answer(lease(project, annotator))
    services.mark_gold(item, GOLD)
    assert not broken_items(project.pk).exists()
    services.unmark_gold(item)
    item.refresh_from_db()
    assert (item.places, item.order_key) == (1, 1)
    assert not broken_items(project.pk).exists()
    assert code(project, annotator) == "all_yours_done"
    skip_assignment(lease(project, reviewer))
    item.refresh_from_db()
    assert (item.places, item.order_key) == (1, 1)


def test_a_changed_answer_may_make_people_disagree(
    project: Project, annotator: User, reviewer: User
) -> None:
    item = new_item(project, overlap=2)
    queue(project, ceiling=4)
    answer(lease(project, annotator))
    stored = answer(lease(project, reviewer))
    changed = services.NewSubmission(
        item.pk, stored.annotator, {"pairwise": {"choice": "second"}}, "changed", amends=stored.pk
    )
    services.submit_judgment(changed)
    item.refresh_from_db()
    assert (item.overlap, item.places) == (3, 1)
    assert not broken_items(project.pk).exists()


def test_an_item_for_one_person_has_one_place_at_most(
    project: Project, owner: User, annotator: User, reviewer: User
) -> None:
    free, held = (new_item(project, f"{n}?", overlap=3) for n in range(2))
    me = person(project, reviewer)
    for item, choice in ((free, "first"), (held, "second")):
        assert answer(lease(project, annotator), choice).item_id == item.pk
    assert answer(lease(project, reviewer)).item_id == free.pk
    for item, overlap, places in ((free, 2, 0), (held, 2, 1)):
        services.change_item(item, {"only_for": me})
        item.refresh_from_db()
        assert (item.overlap, item.places) == (overlap, places)
    queue(project, ceiling=5)
    answer(lease(project, reviewer))
    held.refresh_from_db()
    assert (held.overlap, held.places) == (2, 0)
    assert not broken_items(project.pk).exists()
    with pytest.raises(Conflict) as caught:
        ask_one_more(held)
    assert caught.value.code == "cannot_ask_more"
    services.unmark_gold(services.mark_gold(free, GOLD))
    free.refresh_from_db()
    assert (free.overlap, free.places) == (2, 0)
    services.change_item(held, {"only_for": None})
    assert ask_one_more(held).places == 1


def test_only_who_can_be_asked_is_given_items(project: Project, annotator: User) -> None:
    item = new_item(project)
    imported = services.annotator_for(project, Source.IMPORT, "ann")
    erased = person(project, annotator)
    erase_annotator(erased)
    erased.refresh_from_db()
    for one in (imported, erased):
        with pytest.raises(InvalidInput) as caught:
            services.save_group(project, "Experts", [one])
        assert caught.value.code == "not_a_person"
        with pytest.raises(InvalidInput) as caught:
            services.change_item(item, {"only_for": one})
        assert caught.value.code == "not_a_person"
