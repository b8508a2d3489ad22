"""What the fragments of the judging page show: an item with its form, or what became of the last one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from feedback import selectors, services
from feedback.assignment import Gated, Nothing
from feedback.errors import NotFound
from feedback.kinds.base import letter
from feedback.models import Annotator, Assignment, Judgment, Project, Submission
from feedback.selectors.gold import expected_answers
from feedback.services.gold import evidence_sentence, warning_for
from feedback.services.records import commitments_for
from feedback.views.answers import answered, typed
from feedback.views.requests import MemberRequest

HEARTBEAT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Gold:
    """An answer against the known one. `letters`: those of stored order with those on the screen, if they differ."""

    right: bool
    expected: list[tuple[str, str]]
    explanation: str
    warned: bool
    letters: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Last:
    """A stored submission as its annotator sees it."""

    submission: Submission
    judgments: list[Judgment]

    @property
    def until(self) -> datetime | None:
        """Until when it can be changed; worked out only where a page says so."""
        return services.changeable_until(self.submission)

    @property
    def gold(self) -> Gold | None:
        """How the answer compares with the known one, where one is known."""
        item, right = self.submission.item, self.submission.gold_right
        if right is None or item.gold is None:
            return None
        order = self.submission.order or []
        return Gold(
            right=right,
            expected=expected_answers(item),
            explanation=item.gold["explanation"],
            warned=warning_for(self.submission.annotator) is not None,
            letters=[(letter(n), letter(order.index(n))) for n in sorted(order)]
            if order != sorted(order)
            else [],
        )

    @property
    def paused(self) -> bool:
        """Whether its annotator was paused, by this answer perhaps, and so holds nothing any more."""
        paused = Annotator.objects.filter(paused_at__isnull=False)
        return paused.filter(pk=self.submission.annotator_id).exists()

    @property
    def outcomes(self) -> list[Judgment]:
        """The judgments of which something was worked out."""
        return [judgment for judgment in self.judgments if judgment.outcome]


def annotator_of(request: MemberRequest, slug: str) -> Annotator:
    """Who asks, as an annotator of the project. Raises NotFound, NotAllowed."""
    return services.annotator_at(request.user, slug)


def own_assignment(annotator: Annotator, pk: int | None) -> Assignment:
    """A lease of the annotator's, whatever its state. Raises NotFound `unknown_assignment`."""
    leases = Assignment.objects.select_related("item__project", "item__prompt")
    assignment = leases.filter(pk=pk or 0, annotator=annotator).first()
    if assignment is None:
        raise NotFound("There is no such assignment of yours.", code="unknown_assignment")
    return assignment


def _as_shown(submission: Submission) -> Assignment:
    """A lease that is never stored: the item as it was when it was judged."""
    item = submission.item
    order = submission.order if submission.order is not None else list(range(item.slots.count()))
    return Assignment(
        item=item, annotator=submission.annotator, order=order, expires_at=submission.created
    )


def found_item(annotator: Annotator, found: Assignment | Nothing | Gated) -> dict[str, Any]:
    """What was found to be next: an item, the gate that stands before it, or why there is none."""
    if isinstance(found, Nothing):
        return {"nothing": found}
    if isinstance(found, Gated):
        return {"gate": found.record}
    return leased_item(annotator, found)


def leased_item(annotator: Annotator, assignment: Assignment) -> dict[str, Any]:
    """An item under its lease, with what was typed about it before."""
    draft = services.draft_of(annotator, assignment.item_id)
    context = _question(assignment)
    if draft is not None:
        kinds = [asked.kind.name for asked in context["question"].kinds]
        context |= {
            "answers": typed(draft.fields, kinds),
            "lead_time": draft.lead_time,
            "edits": draft.edits,
            "draft": draft,
        }
    return context


def stored_item(submission: Submission) -> dict[str, Any]:
    """An answer that was stored, opened for change: the form as it was when it was sent."""
    answers = {
        judgment.kind: selectors.stored_answer(judgment).model_dump(mode="json")
        for judgment in submission.judgments.all()
    }
    return _question(_as_shown(submission)) | {
        "amends": submission,
        "until": services.changeable_until(submission),
        "answers": answered(answers),
        "lead_time": submission.lead_time or 0,
        "edits": submission.edits or 0,
    }


def last_of(submission: Submission) -> dict[str, Any]:
    """What became of a submission."""
    judgments = list(submission.judgments.all())
    for judgment in judgments:
        judgment.submission, judgment.item = submission, submission.item
    return {"last": Last(submission, judgments)}


def paint_item(
    request: MemberRequest, annotator: Annotator, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """The part of the page that changes, or for who comes from elsewhere the whole page."""
    whole = not request.htmx
    template = "feedback/judging/page.html" if whole else "feedback/judging/_item.html"
    shown = base(request, annotator.project) | dict(context)
    if whole:
        shown["warning"] = _warning(request, annotator, shown.get("last"))
        shown["examples"] = selectors.examples_of(annotator.project)
    return render(request, template, shown, status=status)


def _warning(request: MemberRequest, annotator: Annotator, last: Last | None) -> str:
    """The test's warning, on one page for each wrong answer; empty else, and where it stands beside the last one."""
    standing = warning_for(annotator)
    told = f"warned:{annotator.project.slug}"
    beside = last is not None and last.gold is not None and last.gold.warned
    if standing is None or beside or request.session.get(told) == standing.wrong:
        return ""
    request.session[told] = standing.wrong
    return evidence_sentence(standing)


def base(request: MemberRequest, project: Project) -> dict[str, Any]:
    """What every fragment knows."""
    return {"project": project, "done_now": request.session.get(_counter(project), 0)}


def count(request: MemberRequest, project: Project, n: int) -> None:
    """Keep how many items were judged in this session."""
    done = request.session.get(_counter(project), 0) + n
    request.session[_counter(project)] = max(0, done)


def _question(assignment: Assignment) -> dict[str, Any]:
    question = selectors.question(assignment)
    return {
        "question": question,
        "commitments": commitments_for(assignment.annotator, question.kinds),
        "assignment": assignment,
        "key": uuid.uuid4(),
        "expires": assignment.expires_at.isoformat(),
        "heartbeat_seconds": _heartbeat_seconds(assignment.item.project),
        "lead_time": 0,
        "edits": 0,
    }


def _heartbeat_seconds(project: Project) -> int:
    """A minute, or less where leases are so short that one missed beat would end them."""
    return max(5, min(HEARTBEAT_SECONDS, project.lease_minutes * 20))


def _counter(project: Project) -> str:
    return f"judged:{project.slug}"
