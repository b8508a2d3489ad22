"""Drafts: kept under one's own lease, painted again, and gone when the answer is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from feedback import services
from feedback.assignment import release_assignment, skip_assignment
from feedback.errors import TouchstoneError
from feedback.models import Assignment, Draft, Project, User
from feedback.services.drafts import LARGEST
from feedback.views.answers import answered, nested, typed
from tests.cast import lease, new_item, usual_answers

FIELDS = {"pairwise.choice": "first", "pairwise.reason": "نص <b>\n"}


def refusal(work: Any, *args: Any) -> str:
    with pytest.raises(TouchstoneError) as caught:
        work(*args)
    return caught.value.code


def save(held: Assignment, fields: Any = FIELDS, **more: Any) -> Draft:
    return services.save_draft(held.annotator, held.pk, services.NewDraft(fields, **more))


def test_the_newest_draft_is_kept(project: Project, annotator: User) -> None:
    new_item(project)
    held = lease(project, annotator)
    save(held)
    save(held, {"pairwise.reason": "shorter"}, lead_time=4.5, edits=2)
    draft = services.draft_of(held.annotator, held.item_id)
    assert draft is not None
    assert draft.fields == {"pairwise.reason": "shorter"}
    assert (draft.lead_time, draft.edits) == (4.5, 2)
    assert Draft.objects.count() == 1


def test_a_draft_goes_with_the_answer(project: Project, annotator: User) -> None:
    new_item(project)
    held = lease(project, annotator)
    save(held)
    answers = usual_answers(held.item)
    new = services.NewSubmission(held.item_id, held.annotator, answers, "k", held.pk)
    services.submit_judgment(new)
    assert not Draft.objects.exists()
    assert refusal(save, held) == "already_submitted"  # what was under way when the answer came
    assert not Draft.objects.exists()


def test_a_refused_answer_leaves_the_draft(project: Project, annotator: User) -> None:
    new_item(project)
    held = lease(project, annotator)
    save(held)
    new = services.NewSubmission(held.item_id, held.annotator, {"pairwise": {}}, "k", held.pk)
    assert refusal(services.submit_judgment, new) == "invalid_answer"
    assert Draft.objects.get().fields == FIELDS


def test_skipping_drops_it_and_releasing_keeps_it(project: Project, annotator: User) -> None:
    new_item(project)
    held = lease(project, annotator)
    save(held)
    release_assignment(held)
    again = lease(project, annotator)
    assert services.draft_of(again.annotator, again.item_id) is not None
    skip_assignment(again)
    assert not Draft.objects.exists()


def test_only_under_ones_own_live_lease(project: Project, annotator: User, reviewer: User) -> None:
    new_item(project)
    held = lease(project, annotator)
    other = services.annotator_for_user(project, reviewer)
    draft = services.NewDraft(FIELDS)
    assert refusal(services.save_draft, other, held.pk, draft) == "unknown_assignment"
    Assignment.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert refusal(save, held) == "lease_ended"
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("fields", "more", "code"),
    [
        ({"a": "x" * LARGEST}, {}, "draft_too_large"),
        ({"a": "\x00"}, {}, "invalid_draft"),
        ({"\ud800": "a"}, {}, "invalid_draft"),
        ({"a": 1}, {}, "invalid_draft"),
        ({"a": {"b": "c"}}, {}, "invalid_draft"),
        ({}, {"lead_time": float("inf")}, "invalid_draft"),
        ({}, {"lead_time": -1}, "invalid_draft"),
        ({}, {"edits": -1}, "invalid_draft"),
        ({}, {"edits": 2**40}, "invalid_draft"),
    ],
)
def test_what_cannot_be_kept(
    project: Project, annotator: User, fields: Any, more: dict[str, Any], code: str
) -> None:
    new_item(project)
    held = lease(project, annotator)
    draft = services.NewDraft(fields, **more)
    assert refusal(services.save_draft, held.annotator, held.pk, draft) == code
    assert not Draft.objects.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '"a"'])
def test_fields_that_cannot_be_read(text: str) -> None:
    assert refusal(services.read_fields, text) == "invalid_draft"


def test_stored_answers_become_what_was_typed() -> None:
    answers = {
        "thumbs": {
            "thumbs": [
                {"completion": 2, "desirable": False, "tags": ["rude", "long"], "reason": ""},
                {"completion": 0, "desirable": True, "tags": [], "reason": "ok"},
            ]
        },
        "critique": {"critiques": [{"completion": 0, "spans": [{"start": 0, "note": None}]}]},
    }
    assert answered(answers) == {
        "thumbs": {
            "thumbs": [
                {"completion": "0", "desirable": "true", "reason": "ok"},
                "",
                {"completion": "2", "desirable": "false", "tags": ["rude", "long"]},
            ]
        },
        "critique": {"critiques": [{"completion": "0", "spans": [{"start": "0"}]}]},
    }


def test_gaps_are_kept_for_painting_and_closed_for_answers() -> None:
    fields = {"ranking.ranks.2": "1", "ranking.ranks.0": "2", "thumbs.x": "y"}
    assert typed(fields, ["ranking"]) == {"ranking": {"ranks": ["2", "", "1"]}}
    assert nested(fields, "ranking.") == {"ranks": ["2", "1"]}
    assert typed({"ranking.ranks.999999999999": "1"}, ["ranking"]) == {"ranking": {"ranks": ["1"]}}
