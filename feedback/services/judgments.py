"""The one door: people, judges and imports all store their judgments here, checked alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.utils import timezone

from feedback.assignment import lock_open
from feedback.errors import Conflict, InvalidInput, NotFound, TouchstoneError
from feedback.kinds import get_kind
from feedback.models import (
    Annotator,
    Assignment,
    AssignmentState,
    Item,
    Judgment,
    Project,
    Source,
    Submission,
    User,
)
from feedback.selectors import ask_of
from feedback.services.content import digest_of


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """One annotator's answers to all kinds of an item. People name their live assignment."""

    item_id: int
    annotator: Annotator
    answers: Mapping[str, Mapping[str, Any]]
    key: str
    assignment_id: int | None = None
    lead_time: float | None = None

    def body(self) -> dict[str, Any]:
        """What must be equal for a repeat of the key to be harmless."""
        return {
            "item": self.item_id,
            "assignment": self.assignment_id,
            "answers": {kind: dict(answer) for kind, answer in self.answers.items()},
            "lead_time": self.lead_time,
        }


@dataclass(frozen=True, slots=True)
class SubmissionOutcome:
    """What became of one submission: stored, the same as before, or refused with the reason."""

    status: Literal["created", "same", "refused"]
    submission: Submission | None = None
    error: TouchstoneError | None = None


def annotator_for_user(project: Project, user: User) -> Annotator:
    """The user as an annotator of the project."""
    annotator, _ = Annotator.objects.select_related("project").get_or_create(
        project=project, user=user, defaults={"source": Source.HUMAN}
    )
    return annotator


def annotator_for(project: Project, source: Source, name: str) -> Annotator:
    """A judge version, or a name in an imported file, as an annotator of the project."""
    annotator, _ = Annotator.objects.get_or_create(
        project=project, source=source, name=name, user=None
    )
    return annotator


def submit_judgment(new: NewSubmission) -> SubmissionOutcome:
    """Store one submission; raises the error that `submit_judgments` would report."""
    outcome = submit_judgments([new])[0]
    if outcome.error is not None:
        raise outcome.error
    return outcome


def submit_judgments(news: Sequence[NewSubmission]) -> list[SubmissionOutcome]:
    """Store submissions, each whole or not at all; the outcomes are in the order given."""
    return [_try_submit(new) for new in news]


def _try_submit(new: NewSubmission) -> SubmissionOutcome:
    try:
        with transaction.atomic():
            return _submit(new)
    except IntegrityError:
        # Another request stored the same key, or used the same lease, between our look and our write.
        stored = _stored(new)
        if stored is not None:
            return stored
        error: TouchstoneError = Conflict(
            "This was submitted twice at the same time; nothing was stored by this request.",
            code="already_submitted",
        )
        return SubmissionOutcome("refused", error=error)
    except TouchstoneError as error:
        return SubmissionOutcome("refused", error=error)


def _submit(new: NewSubmission) -> SubmissionOutcome:
    _check_key(new.key)
    assignment = _lock(new)
    stored = _stored(new)
    if stored is not None:
        return stored
    item = _item(new)
    if assignment is None and new.annotator.source == Source.HUMAN:
        raise InvalidInput(
            "People answer under an assignment of their own.",
            code="assignment_needed",
            hint="Ask for the next item and send its assignment.",
        )
    if assignment is not None:
        lock_open(assignment.pk, new.annotator.pk, timezone.now())
    answers = _check_answers(item, new.answers)
    submission = Submission.objects.create(
        item=item,
        annotator=new.annotator,
        assignment=assignment,
        key=new.key,
        body_digest=digest_of(new.body()),
        lead_time=_check_lead_time(new.lead_time),
    )
    Judgment.objects.bulk_create(
        Judgment(
            submission=submission,
            item=item,
            annotator=new.annotator,
            kind=kind,
            kind_version=get_kind(kind).version,
            answer=answer,
        )
        for kind, answer in answers.items()
    )
    if assignment is not None:
        Assignment.objects.filter(pk=assignment.pk).update(
            state=AssignmentState.SUBMITTED, closed_at=timezone.now()
        )
    return SubmissionOutcome("created", submission=submission)


def _lock(new: NewSubmission) -> Assignment | None:
    """Serialise requests on one lease before looking whether it was used."""
    if new.assignment_id is None:
        return None
    assignment = (
        Assignment.objects.select_for_update(of=("self",))
        .filter(pk=new.assignment_id, annotator=new.annotator, item=new.item_id)
        .first()
    )
    if assignment is None:
        raise NotFound("There is no such assignment of yours.", code="unknown_assignment")
    return assignment


def _stored(new: NewSubmission) -> SubmissionOutcome | None:
    """The outcome of an earlier request with the same key, if there was one."""
    submission = Submission.objects.filter(annotator=new.annotator, key=new.key).first()
    if submission is None:
        return None
    if submission.body_digest == digest_of(new.body()):
        return SubmissionOutcome("same", submission=submission)
    error = Conflict(
        f"The key '{new.key}' was used for another submission.",
        code="key_conflict",
        hint="Use a new key for a new submission; repeat the same body to retry.",
    )
    return SubmissionOutcome("refused", error=error)


def _item(new: NewSubmission) -> Item:
    item = Item.objects.filter(pk=new.item_id, project=new.annotator.project_id).first()
    if item is None:
        raise NotFound("There is no such item in this project.", code="unknown_item")
    if item.withdrawn_at is not None:
        raise Conflict("This item was withdrawn.", code="item_withdrawn")
    return item


def _check_answers(
    item: Item, answers: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    asked = [one["kind"] for one in item.kinds]
    if set(asked) != set(answers):
        raise InvalidInput(
            f"This item asks for {', '.join(asked)}; the answers given are for "
            f"{', '.join(answers) or 'nothing'}.",
            code="wrong_kinds",
            hint="Answer every kind of the item, and no other.",
        )
    return {
        name: get_kind(name).parse(answers[name], ask_of(item, name)).model_dump(mode="json")
        for name in asked
    }


def _check_key(key: str) -> None:
    if not isinstance(key, str) or not 0 < len(key) <= 100 or "\x00" in key:
        raise InvalidInput("A submission needs a key of 1 to 100 characters.", code="invalid_key")


def _check_lead_time(seconds: float | None) -> float | None:
    if seconds is None or 0 <= seconds < 7 * 24 * 3600:
        return seconds
    raise InvalidInput("The lead time is in seconds, from 0 to a week.", code="invalid_lead_time")
