"""Changes of an answer that was stored: within its time of grace it may be amended or taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from feedback.assignment import reopen_assignment
from feedback.errors import Conflict, NotFound
from feedback.kinds import get_kind
from feedback.models import (
    Annotator,
    Assignment,
    AssignmentState,
    Draft,
    Judgment,
    Submission,
)
from feedback.selectors import asked_kinds
from feedback.selectors.judgments import DECIDED_ANEW
from feedback.services.drafts import answer_fields


def last_submission(annotator: Annotator) -> Submission | None:
    """The annotator's newest submission that counts: neither amended nor taken back."""
    standing = Judgment.objects.filter(submission=OuterRef("pk"), withdrawn_at=None)
    return (
        Submission.objects.select_related("item__project", "item__prompt", "annotator")
        .filter(Exists(standing), annotator=annotator, amended_by=None)
        .exclude(assignment=None, amends=None, key__startswith=DECIDED_ANEW)
        .order_by("-pk")
        .first()
    )


def last_changeable(annotator: Annotator) -> Submission:
    """The annotator's last submission, if it may be changed.

    Raises NotFound `nothing_to_change`, or Conflict with the reason why it may not.
    """
    last = last_submission(annotator)
    if last is None:
        raise NotFound("You have no answer here that could be changed.", code="nothing_to_change")
    with transaction.atomic():
        require_changeable(last)
    return last


def changeable_until(submission: Submission) -> datetime | None:
    """Until when its annotator may change it, or None where that is over or was never possible.

    The time of grace begins with the first answer under the lease, so that a row of changes cannot prolong it.
    """
    try:
        require_standing(submission)
        _require_unrevealed(submission)
        until = _grace_ends(_used_lease(submission))
    except Conflict:
        return None
    return until if until > timezone.now() else None


def lock_changeable(annotator: Annotator, submission_id: int, item_id: int) -> Submission:
    """The annotator's own submission on that item, locked. Raises NotFound `unknown_submission`."""
    mine = Submission.objects.select_for_update(of=("self",)).select_related("item__project")
    found = mine.filter(pk=submission_id, annotator=annotator, item=item_id).first()
    if found is None:
        raise NotFound("There is no such submission of yours.", code="unknown_submission")
    return found


def require_changeable(submission: Submission) -> Assignment:
    """The lease under which it was given. Raises Conflict where it may not be changed (any more)."""
    require_standing(submission)
    _require_unrevealed(submission)
    lease = _used_lease(submission, lock=True)
    if _grace_ends(lease) <= timezone.now():
        raise _settled("The time in which this answer could be changed is over.", "grace_over")
    return lease


def withdraw_submission(annotator: Annotator, submission_id: int, item_id: int) -> Assignment:
    """Take an answer back: its judgments no longer count, and the item is the annotator's again.

    What was answered becomes the draft, so that nothing has to be typed twice. Raises NotFound, Conflict.
    """
    with transaction.atomic():
        # As for `next_assignment`: one request at a time, so that no third lease is held.
        Annotator.objects.select_for_update(no_key=True).get(pk=annotator.pk)
        submission = lock_changeable(annotator, submission_id, item_id)
        lease = require_changeable(submission)
        judgments = list(submission.judgments.all())
        submission.judgments.update(withdrawn_at=timezone.now())
        Submission.objects.filter(assignment=lease).update(assignment=None)
        _keep_as_draft(submission, judgments)
        return reopen_assignment(lease)


def _keep_as_draft(submission: Submission, judgments: list[Judgment]) -> None:
    fields: dict[str, str] = {}
    for judgment in judgments:
        kind = get_kind(judgment.kind)
        fields |= answer_fields(kind.name, kind.upgrade(judgment.answer, judgment.kind_version))
    Draft.objects.update_or_create(
        item=submission.item,
        annotator=submission.annotator,
        defaults={
            "fields": fields,
            "lead_time": submission.lead_time or 0,
            "edits": submission.edits or 0,
        },
    )


def require_standing(submission: Submission) -> None:
    """Raises Conflict for what can never be changed, however short ago it was stored."""
    if Submission.objects.filter(amends=submission).exists():
        raise _settled("You have changed this answer already; change the newer one.", "amended")
    if not submission.judgments.filter(withdrawn_at=None, erased_at=None).exists():
        raise _settled("This answer was taken back.", "withdrawn")
    if submission.item.withdrawn_at is not None:
        raise Conflict("This item was withdrawn.", code="item_withdrawn")
    if submission.judgments.filter(record__closed_at__isnull=False).exists():
        raise _settled("The session of this answer has ended.", "session_ended")
    if any(asked.kind.is_final(asked.settings) for asked in asked_kinds(submission.item)):
        raise _settled("This answer is final, as its outcome was shown.", "final")


def _require_unrevealed(submission: Submission) -> None:
    """A blind answer that could be changed after the names were told would not be blind."""
    if submission.item.blind or submission.gold_right is not None:
        raise _settled("What stands behind this item was shown after your answer.", "revealed")


def _used_lease(submission: Submission, *, lock: bool = False) -> Assignment:
    """There is one at most; amendments share it with the answer that they amend."""
    leases = Assignment.objects.select_related("item__project", "annotator")
    if lock:
        leases = leases.select_for_update(of=("self",))
    found = leases.filter(
        item=submission.item_id,
        annotator=submission.annotator_id,
        state=AssignmentState.SUBMITTED,
    ).first()
    if found is None:
        raise _settled("Only an answer that was given under a lease can be changed.", "no_lease")
    return found


def _grace_ends(lease: Assignment) -> datetime:
    return (lease.closed_at or lease.created) + timedelta(minutes=lease.item.project.grace_minutes)


def _settled(message: str, why: str) -> Conflict:
    return Conflict(message, code=f"cannot_change_{why}", hint="Go on with the next item.")
