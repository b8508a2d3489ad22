"""Exams: who passes and when, what is asked in them, and where the test on gold begins after."""

from __future__ import annotations

import pytest

from feedback import services
from feedback.assignment import Nothing, next_assignment, skip_assignment
from feedback.errors import InvalidInput
from feedback.models import Project, Source, User
from feedback.ordering.base import Exam
from feedback.selectors.gold import gold_standing
from tests.cast import lease, new_item
from tests.feedback.test_queue_limits import answer, code, new_gold, person, queue


def test_who_is_let_pass_begins_the_test_on_gold_anew(project: Project, annotator: User) -> None:
    for n in range(4):
        new_gold(project, f"gold {n}?")
    item = new_item(project)
    queue(project, exam={"items": 3, "share": 1.0})
    for _ in range(3):
        answer(lease(project, annotator), "second")
    assert code(project, annotator) == "exam_failed"
    services.pass_exam(person(project, annotator))
    assert gold_standing(person(project, annotator)).wrong == 0
    answer(lease(project, annotator))
    before = person(project, annotator).excused_before
    services.pass_exam(person(project, annotator))  # once more changes nothing
    assert person(project, annotator).excused_before == before
    assert item.submissions.count() == 1


def test_a_share_that_is_met_is_passed_whenever_it_was(project: Project, annotator: User) -> None:
    for n in range(4):
        new_gold(project, f"gold {n}?")
    item = new_item(project)
    queue(project, exam={"items": 4, "share": 0.8})
    for choice in ("first", "first", "second"):
        answer(lease(project, annotator), choice)
    queue(project, exam={"items": 3, "share": 0.8})
    assert code(project, annotator) == "exam_failed"
    queue(project, exam={"items": 3, "share": 0.6})
    assert lease(project, annotator).item_id == item.pk
    assert person(project, annotator).exam_passed_at is not None
    assert gold_standing(person(project, annotator)).wrong == 0


def test_a_share_is_met_exactly() -> None:
    exam = Exam(items=20, share=0.55)
    assert exam.passed_by(11, 20)
    assert not exam.passed_by(10, 20)
    assert not exam.passed_by(19, 19)


def test_exam_items_that_were_skipped_come_again_after_the_others(
    project: Project, annotator: User
) -> None:
    golds = [new_gold(project, f"gold {n}?").pk for n in range(3)]
    item = new_item(project)
    queue(project, exam={"items": 2, "share": 1.0})
    for pk in (*golds, golds[0]):
        held = lease(project, annotator)
        assert held.item_id == pk
        skip_assignment(held)
    asked = [answer(lease(project, annotator)).item_id for _ in range(3)]
    assert asked == [golds[1], golds[2], item.pk]


def test_an_exam_asks_only_what_is_for_the_person(
    project: Project, annotator: User, reviewer: User
) -> None:
    others, mine = (new_gold(project, f"gold {n}?") for n in range(2))
    services.change_item(others, {"only_for": person(project, reviewer)})
    queue(project, exam={"items": 2})
    assert answer(lease(project, annotator)).item_id == mine.pk
    assert code(project, annotator) == "exam_missing"
    assert lease(project, reviewer).item_id == others.pk


def test_only_people_pass_exams(project: Project) -> None:
    imported = services.annotator_for(project, Source.IMPORT, "ann")
    for change in (services.pass_exam, services.resume_annotator, services.pause_annotator):
        with pytest.raises(InvalidInput) as caught:
            change(imported)
        assert caught.value.code == "not_a_person"


def test_an_exam_that_is_open_is_not_failed(project: Project, annotator: User) -> None:
    new_gold(project, "gold?")
    queue(project, exam={"items": 1})
    held = lease(project, annotator)
    ahead = next_assignment(person(project, annotator), after=held.pk)
    assert isinstance(ahead, Nothing)
    assert ahead.code == "exam_open"
