"""The one door: people, judges and imports all store their judgments here, checked alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone

from feedback.assignment import lock_own, require_open
from feedback.errors import Conflict, InvalidInput, NotFound, TouchstoneError
from feedback.kinds import get_kind
from feedback.kinds.base import Answer, Ask, Kind
from feedback.models import (
    Annotator,
    Assignment,
    AssignmentState,
    Item,
    ItemCompletion,
    Judgment,
    Project,
    Source,
    Submission,
    User,
)
from feedback.selectors import ask_of
from feedback.services.changes import lock_changeable, require_changeable, require_standing
from feedback.services.content import digest_of
from feedback.services.drafts import LONGEST_TIME, MOST_EDITS, drop_draft
from feedback.services.gold import right_against_gold, settle_gold
from feedback.services.records import outcome_for
from feedback.services.widening import widen_overlap

LONGEST_KEY = 100
LONGEST_CLIENT = 60


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """One annotator's answers to all kinds of an item.

    People name their live assignment, or in `amends` the submission of theirs that this one replaces.
    """

    item_id: int
    annotator: Annotator
    answers: Mapping[str, Mapping[str, Any]]
    key: str
    assignment_id: int | None = None
    lead_time: float | None = None
    edits: int | None = None
    client: str = ""
    amends: int | None = None
    in_use: bool = False  # a reaction to what was shown: it may be changed at any time

    def body(self) -> dict[str, Any]:
        """What must be equal for a repeat of the key to be harmless."""
        body = {
            "item": self.item_id,
            "assignment": self.assignment_id,
            "answers": {kind: dict(answer) for kind, answer in self.answers.items()},
            "lead_time": self.lead_time,
        }
        added = {"edits": self.edits, "client": self.client, "amends": self.amends}
        return body | {name: value for name, value in added.items() if value not in (None, "")}


@dataclass(frozen=True, slots=True)
class SubmissionOutcome:
    """What became of one submission: stored, the same as before, or refused with the reason."""

    status: Literal["created", "same", "refused"]
    submission: Submission | None = None
    error: TouchstoneError | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer that fits its kind and its item."""

    kind: Kind[Any, Any]
    ask: Ask[Any]
    answer: Answer


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
            outcome = _submit(new)
        if outcome.status == "created":
            # After the lease is let go: next_assignment locks the annotator first, then leases.
            _settle(outcome.submission)
        return outcome
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
    _check_said(new)
    lease, old = _lock(new), _lock_amended(new)
    stored = _stored(new)
    if stored is not None:
        return stored
    item = _item(new, lease or old)
    _check_right(new, lease, old)
    answers = _check_answers(item, new.answers)
    submission = Submission.objects.create(
        item=item,
        annotator=new.annotator,
        assignment=lease,
        key=new.key,
        body_digest=digest_of(new.body()),
        amends=old,
        order=lease.order if lease else old.order if old else None,
        lead_time=new.lead_time,
        edits=new.edits,
        client=new.client,
        gold_right=right_against_gold(item, {one.kind.name: one.answer for one in answers}),
    )
    replaced = {judgment.kind: judgment for judgment in old.judgments.all()} if old else {}
    Judgment.objects.bulk_create(
        _judgment(submission, answer, replaced.get(answer.kind.name)) for answer in answers
    )
    if lease is not None:
        Assignment.objects.filter(pk=lease.pk).update(
            state=AssignmentState.SUBMITTED, closed_at=timezone.now()
        )
        drop_draft(new.annotator, item.pk)
        widen_overlap(item)
    return SubmissionOutcome("created", submission=submission)


def _settle(submission: Submission | None) -> None:
    if submission is not None and submission.gold_right is not None and submission.assignment_id:
        settle_gold(submission.annotator)


def _judgment(submission: Submission, checked: Checked, replaced: Judgment | None) -> Judgment:
    annotator, item = submission.annotator, submission.item
    outcome, record = outcome_for(annotator, item, checked.kind, checked.answer, checked.ask)
    return Judgment(
        submission=submission,
        item=item,
        annotator=annotator,
        kind=checked.kind.name,
        kind_version=checked.kind.version,
        answer=checked.answer.model_dump(mode="json"),
        outcome=outcome,
        record=record,
        supersedes=replaced,
    )


def _lock(new: NewSubmission) -> Assignment | None:
    """Serialise requests on one lease before looking whether it was used."""
    if new.assignment_id is None:
        return None
    assignment = lock_own(new.assignment_id, new.annotator.pk)
    if assignment.item_id != new.item_id:
        raise NotFound("There is no such assignment of yours.", code="unknown_assignment")
    return assignment


def _lock_amended(new: NewSubmission) -> Submission | None:
    """Serialise requests that replace one submission."""
    if new.amends is None:
        return None
    return lock_changeable(new.annotator, new.amends, new.item_id)


def _check_right(new: NewSubmission, lease: Assignment | None, old: Submission | None) -> None:
    """A live lease of one's own, or an answer of one's own that may still be changed."""
    if lease is not None and old is not None:
        raise InvalidInput(
            "A submission names its assignment or what it amends, not both.",
            code="assignment_and_amends",
        )
    if old is not None:
        (require_standing if new.in_use else require_changeable)(old)
    elif lease is not None:
        require_open(lease, timezone.now())
    elif new.annotator.source == Source.HUMAN:
        raise InvalidInput(
            "People answer under an assignment of their own.",
            code="assignment_needed",
            hint="Ask for the next item and send its assignment.",
        )


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


def _item(new: NewSubmission, known: Assignment | Submission | None) -> Item:
    """The item with its completions, read once for all its kinds."""
    mine = Item.objects.filter(pk=new.item_id, project=new.annotator.project_id)
    item = known.item if known else mine.first()
    if item is None:
        raise NotFound("There is no such item in this project.", code="unknown_item")
    if item.withdrawn_at is not None:
        raise Conflict("This item was withdrawn.", code="item_withdrawn")
    slots = ItemCompletion.objects.select_related("completion")
    prefetch_related_objects([item], Prefetch("slots", slots))
    return item


def _check_answers(item: Item, answers: Mapping[str, Mapping[str, Any]]) -> list[Checked]:
    asked = [one["kind"] for one in item.kinds]
    if set(asked) != set(answers):
        raise InvalidInput(
            f"This item asks for {', '.join(asked)}; the answers given are for "
            f"{', '.join(answers) or 'nothing'}.",
            code="wrong_kinds",
            hint="Answer every kind of the item, and no other.",
        )
    return [_checked(item, name, answers[name]) for name in asked]


def _checked(item: Item, name: str, payload: Mapping[str, Any]) -> Checked:
    kind, ask = get_kind(name), ask_of(item, name)
    return Checked(kind, ask, kind.parse(payload, ask))


def _check_said(new: NewSubmission) -> None:
    """What comes with the answers."""
    if not isinstance(new.key, str) or not 0 < len(new.key) <= LONGEST_KEY or "\x00" in new.key:
        raise InvalidInput("A submission needs a key of 1 to 100 characters.", code="invalid_key")
    if new.lead_time is not None and not 0 <= new.lead_time < LONGEST_TIME:
        raise InvalidInput(
            "The lead time is in seconds, from 0 to a week.", code="invalid_lead_time"
        )
    if new.edits is not None and not 0 <= new.edits <= MOST_EDITS:
        raise InvalidInput("The number of edits is not below 0.", code="invalid_edits")
    if len(new.client) > LONGEST_CLIENT or "\x00" in new.client:
        raise InvalidInput(
            f"The client's name and version have at most {LONGEST_CLIENT} characters.",
            code="invalid_client",
        )
