"""What a submission holds and must fulfil, whoever sends it; and many that are stored together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from feedback.errors import Conflict, InvalidInput, NotFound, TouchstoneError
from feedback.kinds import get_kind
from feedback.kinds.base import Answer, Ask, Kind
from feedback.models import Annotator, Item, Judgment, Submission
from feedback.selectors.judgments import DECIDED_ANEW
from feedback.services.content import digest_of
from feedback.services.drafts import LONGEST_TIME, MOST_EDITS
from feedback.services.gold import right_against_gold
from feedback.services.records import outcome_for
from feedback.texts import excerpt

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
    judgments: Sequence[Judgment] = ()  # of one that was created


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer that fits its kind and its item."""

    kind: Kind[Any, Any]
    ask: Ask[Any]
    answer: Answer


@dataclass(frozen=True, slots=True)
class PlannedSubmission:
    """A submission with its judgments, not stored yet; without judgments one that was stored before."""

    submission: Submission
    judgments: Sequence[Judgment] = ()


Asks = Callable[[str], Ask[Any]]  # what an item asks of a kind, by its name


class SubmissionBatch:
    """Submissions without leases that are stored together, each as if those before it were stored already."""

    def __init__(self, stored: Iterable[Submission]) -> None:
        """`stored` are those that one of the batch may repeat."""
        self._stored = {(one.annotator_id, one.key): one for one in stored}
        self._submissions: list[Submission] = []
        self._judgments: list[Judgment] = []

    def plan(self, new: NewSubmission, item: Item | None, asks: Asks | None) -> PlannedSubmission:
        """What it amounts to; nothing is changed. Raises what `submit_judgment` raises."""
        check_said(new)
        digest = digest_of(new.body())
        stored = self._stored.get((new.annotator.pk, new.key))
        if stored is not None:
            return PlannedSubmission(require_same(new, stored, digest))
        if item is None or asks is None or item.project_id != new.annotator.project_id:
            raise no_item()
        require_item(item)
        answers = check_answers(item, new.answers, asks)
        submission = new_submission(new, item, digest, answers)
        return PlannedSubmission(
            submission, [new_judgment(submission, one, None) for one in answers]
        )

    def keep(self, planned: PlannedSubmission) -> SubmissionOutcome:
        """Take it up, to be written with the batch."""
        submission = planned.submission
        if not planned.judgments:
            return SubmissionOutcome("same", submission=submission)
        self._stored[submission.annotator_id, submission.key] = submission
        self._submissions.append(submission)
        self._judgments += planned.judgments
        return SubmissionOutcome("created", submission, judgments=planned.judgments)

    def write(self) -> None:
        """Store what was kept; items and annotators are there by now."""
        Submission.objects.bulk_create(self._submissions)
        Judgment.objects.bulk_create(self._judgments)


def new_submission(
    new: NewSubmission, item: Item, digest: str, answers: Sequence[Checked]
) -> Submission:
    """The row, not stored yet; `digest` is that of its body."""
    return Submission(
        item=item,
        annotator=new.annotator,
        key=new.key,
        body_digest=digest,
        lead_time=new.lead_time,
        edits=new.edits,
        client=new.client,
        gold_right=right_against_gold(item, {one.kind.name: one.answer for one in answers}),
    )


def new_judgment(submission: Submission, checked: Checked, replaced: Judgment | None) -> Judgment:
    annotator, item = submission.annotator, submission.item
    outcome, record = outcome_for(annotator, item, checked.kind, checked.answer, checked.ask)
    return Judgment(
        project_id=item.project_id,
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


def require_same(new: NewSubmission, stored: Submission, digest: str) -> Submission:
    """What was stored under the key before; raises Conflict `key_conflict` if that was something else."""
    if stored.body_digest != digest:
        raise Conflict(
            f"The key '{new.key}' was used for another submission.",
            code="key_conflict",
            hint="Use a new key for a new submission; repeat the same body to retry.",
        )
    return stored


def no_item() -> NotFound:
    return NotFound("There is no such item in this project.", code="unknown_item")


def require_item(item: Item) -> None:
    if item.withdrawn_at is not None:
        raise Conflict("This item was withdrawn.", code="item_withdrawn")


def check_answers(
    item: Item, answers: Mapping[str, Mapping[str, Any]], asks: Asks
) -> list[Checked]:
    asked = [one["kind"] for one in item.kinds]
    if set(asked) != set(answers):
        raise InvalidInput(
            f"This item asks for {', '.join(asked)}; the answers given are for "
            f"{excerpt(', '.join(answers), 200) or 'nothing'}.",
            code="wrong_kinds",
            hint="Answer every kind of the item, and no other.",
        )
    return [_checked(name, answers[name], asks(name)) for name in asked]


def _checked(name: str, payload: Mapping[str, Any], ask: Ask[Any]) -> Checked:
    kind = get_kind(name)
    return Checked(kind, ask, kind.parse(payload, ask))


def is_key(key: Any) -> bool:
    """Whether it can be a client's key."""
    return isinstance(key, str) and 0 < len(key) <= LONGEST_KEY and "\x00" not in key


def check_said(new: NewSubmission) -> None:
    """What comes with the answers."""
    if not is_key(new.key):
        raise InvalidInput("A submission needs a key of 1 to 100 characters.", code="invalid_key")
    if new.key.startswith(DECIDED_ANEW):
        raise InvalidInput(
            f"A key does not begin with '{DECIDED_ANEW}': such keys mark what reviewers decide.",
            code="invalid_key",
            hint="Use any other key, such as a random one.",
        )
    if new.lead_time is not None and not 0 <= new.lead_time < LONGEST_TIME:
        raise InvalidInput(
            "The lead time is in seconds, from 0 to a week.", code="invalid_lead_time"
        )
    if new.edits is not None and not 0 <= new.edits <= MOST_EDITS:
        raise InvalidInput(
            f"The number of edits must be from 0 to {MOST_EDITS}.", code="invalid_edits"
        )
    if len(new.client) > LONGEST_CLIENT or "\x00" in new.client:
        raise InvalidInput(
            f"The client's name and version have at most {LONGEST_CLIENT} characters.",
            code="invalid_client",
        )
