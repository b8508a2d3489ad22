"""The one door: people, judges and imports all store their judgments here, checked alike."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby

from django.db import IntegrityError, transaction
from django.db.models import Prefetch
from django.utils import timezone

from feedback.assignment import lock_own, require_open
from feedback.errors import Conflict, InvalidInput, NotFound, TouchstoneError
from feedback.models import (
    Annotator,
    Assignment,
    AssignmentState,
    Draft,
    Item,
    ItemCompletion,
    Project,
    Source,
    Submission,
)
from feedback.prepared import Given, Prepared, insert
from feedback.selectors import ask_of
from feedback.selectors.slots import slots_of
from feedback.services.bulk import store_in_batches
from feedback.services.changes import lock_changeable, require_changeable, require_standing
from feedback.services.content import digest_of
from feedback.services.gold import settle_gold
from feedback.services.submissions import (
    NewSubmission,
    SubmissionBatch,
    SubmissionOutcome,
    check_answers,
    check_said,
    is_key,
    new_judgment,
    new_submission,
    no_item,
    require_item,
    require_same,
)
from feedback.services.widening import widen_overlap


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
    """Store submissions, each whole or not at all; the outcomes are in the order given.

    Those of judges and imports, which hold no lease, are stored in batches.
    """
    outcomes: list[SubmissionOutcome] = []
    for leased, run in groupby(news, _is_leased):
        if leased:
            outcomes += map(_try_submit, run)
        else:
            outcomes += store_in_batches(run, _store_together)
    return outcomes


def _is_leased(new: NewSubmission) -> bool:
    """Whether somebody else's request could stand in its way: then it is stored by itself, under locks."""
    named = (new.assignment_id, new.amends)
    return new.annotator.source == Source.HUMAN or named != (None, None)


def _store_together(news: Sequence[NewSubmission]) -> list[SubmissionOutcome]:
    keys = {new.key for new in news if is_key(new.key)}
    annotators = {new.annotator.pk for new in news}
    stored = Submission.objects.filter(annotator__in=annotators, key__in=keys)
    batch = SubmissionBatch(stored)
    slots = Prefetch("slots", ItemCompletion.objects.select_related("completion"))
    items = Item.objects.prefetch_related(slots).in_bulk({new.item_id for new in news})
    outcomes = [_kept(batch, new, items.get(new.item_id)) for new in news]
    batch.write()
    return outcomes


def _kept(batch: SubmissionBatch, new: NewSubmission, item: Item | None) -> SubmissionOutcome:
    try:
        planned = batch.plan(new, item, partial(ask_of, item) if item else None)
    except TouchstoneError as error:
        return SubmissionOutcome("refused", error=error)
    return batch.keep(planned)


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
    check_said(new)
    lease, old = _lock(new), _lock_amended(new)
    # Under a live lease hardly ever anything was stored; where it was, the key's uniqueness refuses the row.
    live = lease is not None and lease.state == AssignmentState.OPEN
    stored = None if live else _stored(new)
    if stored is not None:
        return stored
    item = _item(new, lease or old)
    _check_right(new, lease, old)
    answers = check_answers(item, new.answers, partial(ask_of, item))
    submission = new_submission(new, item, digest_of(new.body()), answers)
    submission.assignment, submission.amends = lease, old
    submission.order = lease.order if lease else old.order if old else None
    if lease is not None:
        insert(submission, _USING, [timezone.now(), lease.pk, item.pk, new.annotator.pk])
    else:
        insert(submission)
    replaced = {judgment.kind: judgment for judgment in old.judgments.all()} if old else {}
    judgments = [
        new_judgment(submission, answer, replaced.get(answer.kind.name)) for answer in answers
    ]
    for judgment in judgments:
        insert(judgment)
    if lease is not None or old is not None:
        widen_overlap(item)
    return SubmissionOutcome("created", submission, judgments=judgments)


def _settle(submission: Submission | None) -> None:
    if submission is not None and submission.gold_right is not None and submission.assignment_id:
        settle_gold(submission.annotator)


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
    submission = _UNDER_KEY.first(annotator=new.annotator.pk, key=new.key)
    if submission is None:
        return None
    try:
        same = require_same(new, submission, digest_of(new.body()))
    except Conflict as error:
        return SubmissionOutcome("refused", error=error)
    return SubmissionOutcome("same", submission=same)


def _item(new: NewSubmission, known: Assignment | Submission | None) -> Item:
    """The item with its completions, read once for all its kinds."""
    mine = Item.objects.filter(pk=new.item_id, project=new.annotator.project_id)
    item = known.item if known else mine.first()
    if item is None:
        raise no_item()
    require_item(item)
    slots_of(item)
    return item


_UNDER_KEY = Prepared(
    lambda: Submission.objects.filter(annotator=Given("annotator"), key=Given("key"))
)
# The lease is used, and what was typed is forgotten, by the statement that stores the submission.
_USING = (
    f"WITH used AS (UPDATE {Assignment._meta.db_table}"  # noqa: S608 our own tables
    f" SET state = '{AssignmentState.SUBMITTED}', closed_at = %s WHERE id = %s),"
    f" forgotten AS (DELETE FROM {Draft._meta.db_table} WHERE item_id = %s AND annotator_id = %s) "
)
