"""The one door: each submission is stored whole, once, and by everybody's rules."""

from __future__ import annotations

from typing import Any

import pytest

from feedback import services
from feedback.errors import InvalidInput, NotFound, TouchstoneError
from feedback.models import Annotator, Item, Judgment, Project, Source, Submission, User
from tests.cast import lease, new_item

FIRST = {"pairwise": {"choice": "first"}}
BOTH = {**FIRST, "thumbs": {"thumbs": [{"completion": n, "desirable": True} for n in (0, 1)]}}


@pytest.fixture
def judge(project: Project) -> Annotator:
    """A machine annotator, which needs no lease."""
    return services.annotator_for(project, Source.JUDGE, "judge-1")


def submit(item: Item, annotator: Annotator, **changes: Any) -> services.SubmissionOutcome:
    """One submission, as changed."""
    fields: dict[str, Any] = {"answers": FIRST, "key": "k"}
    new = services.NewSubmission(item.pk, annotator, **{**fields, **changes})
    return services.submit_judgment(new)


def test_people_need_a_lease_and_judges_do_not(
    project: Project, annotator: User, judge: Annotator
) -> None:
    item = new_item(project)
    person = services.annotator_for_user(project, annotator)
    with pytest.raises(InvalidInput) as caught:
        submit(item, person)
    assert caught.value.code == "assignment_needed"
    assert submit(item, judge).status == "created"
    item.refresh_from_db()
    assert item.places == 1


def test_a_submission_frees_no_place(project: Project, annotator: User) -> None:
    item = new_item(project)
    held = lease(project, annotator)
    submit(item, held.annotator, assignment_id=held.pk)
    item.refresh_from_db()
    held.refresh_from_db()
    assert (item.places, held.state) == (0, "submitted")


def test_all_kinds_are_stored_together_or_not_at_all(project: Project, judge: Annotator) -> None:
    services.update_project(project, kinds=["pairwise", "thumbs"])
    item = new_item(project)
    broken = {**BOTH, "thumbs": {"thumbs": []}}
    for answers in (FIRST, broken):
        with pytest.raises(InvalidInput):
            submit(item, judge, answers=answers)
    assert not Submission.objects.exists()
    submit(item, judge, answers=BOTH)
    assert set(Judgment.objects.values_list("kind", flat=True)) == {"pairwise", "thumbs"}


def test_a_repeat_returns_what_is_stored(project: Project, judge: Annotator) -> None:
    item = new_item(project)
    first, again = submit(item, judge), submit(item, judge)
    assert (first.status, again.status) == ("created", "same")
    assert first.submission == again.submission
    for changes in (
        {"answers": {"pairwise": {"choice": "tie"}}},
        {"lead_time": 1.0},
    ):
        with pytest.raises(TouchstoneError) as caught:
            submit(item, judge, **changes)
        assert caught.value.code == "key_conflict"
    assert Judgment.objects.count() == 1


def test_bulk_outcomes_are_in_order_and_each_by_itself(project: Project, judge: Annotator) -> None:
    items = [new_item(project, f"{n}?") for n in range(3)]
    news = [
        services.NewSubmission(items[0].pk, judge, FIRST, "a"),
        services.NewSubmission(items[1].pk, judge, {"pairwise": {"choice": "?"}}, "b"),
        services.NewSubmission(999_999, judge, FIRST, "c"),
        services.NewSubmission(items[2].pk, judge, FIRST, "a"),
        services.NewSubmission(items[2].pk, judge, FIRST, "d"),
    ]
    outcomes = services.submit_judgments(news)
    assert [o.status for o in outcomes] == ["created", *["refused"] * 3, "created"]
    codes = [o.error.code for o in outcomes if o.error]
    assert codes == ["invalid_answer", "unknown_item", "key_conflict"]
    assert Judgment.objects.count() == 2


def test_items_of_other_projects_are_unknown(thumbs_project: Project, judge: Annotator) -> None:
    with pytest.raises(NotFound):
        submit(new_item(thumbs_project), judge)


@pytest.mark.parametrize("seconds", [-0.1, 7 * 24 * 3600, float("nan"), float("inf")])
def test_lead_times_have_bounds(project: Project, judge: Annotator, seconds: float) -> None:
    with pytest.raises(InvalidInput) as caught:
        submit(new_item(project), judge, lead_time=seconds)
    assert caught.value.code == "invalid_lead_time"
    assert not Submission.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 101, "a\x00", "decision:mine"])
def test_keys_have_bounds(project: Project, judge: Annotator, key: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        submit(new_item(project), judge, key=key)
    assert caught.value.code == "invalid_key"
