"""Adjudication: a reviewer decides for an answer or in words of their own, takes that back, or asks one more."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from feedback.assignment.places import add_place
from feedback.errors import Conflict, InvalidInput, NotFound
from feedback.kinds import KINDS
from feedback.models import Decision, Item, Judgment, Submission, User
from feedback.selectors import ask_of, asked_kinds, item_detail, names_shown
from feedback.selectors.decisions import is_anew
from feedback.selectors.judgments import DECIDED_ANEW, live_judgments
from feedback.services.content import digest_of
from feedback.services.seats import annotator_for_user

MOST_OVERLAP = 100


@transaction.atomic
def decide(item: Item, judgment_id: int, reviewer: User, kind: str | None = None) -> Decision:
    """Make the answer the one of its kind for the item, in place of an earlier decision.

    Raises NotFound `unknown_judgment` for one that is not about the item (and the kind) or does not count,
    Conflict `judge_first` where the item is blind to the reviewer still.
    """
    _lock_for(item, reviewer)
    found = live_judgments().filter(item=item, pk=judgment_id)
    judgment = (found if kind is None else found.filter(kind=kind)).first()
    if judgment is None:
        raise NotFound(
            "There is no such answer to this item, or it does not count any more.",
            code="unknown_judgment",
        )
    return _stand(item, judgment, reviewer)


@transaction.atomic
def decide_anew(item: Item, kind: str, answer: Mapping[str, Any], reviewer: User) -> Decision:
    """Make an answer of the reviewer's own the one of its kind for the item; the same one again changes nothing.

    It is stored as a judgment without a lease, takes no place, and is evidence only where decisions stand for
    all answers. Raises InvalidInput `not_asked`, `invalid_answer`, Conflict `judge_first`, `cannot_decide`.
    """
    found = _lock_for(item, reviewer)
    asked = {one.kind.name: one for one in asked_kinds(found)}
    if kind not in asked:
        raise InvalidInput(
            f"This item does not ask '{kind}'; it asks {', '.join(asked)}.", code="not_asked"
        )
    one = asked[kind]
    if found.gold is not None or one.kind.keeps_sessions(one.settings):
        raise Conflict(
            "Nobody else can answer this for the people who were asked.",
            code="cannot_decide",
            hint="Its answer is known (gold), or each answer was worth money to who gave it.",
        )
    ask = ask_of(found, kind)
    parsed = one.kind.parse(answer, ask)
    said = parsed.model_dump(mode="json")
    standing = Decision.objects.filter(item=item, kind=kind).select_related("judgment__submission")
    before = standing.first()
    if before is not None and is_anew(before) and before.judgment.answer == said:
        return before
    submission = Submission.objects.create(
        item=found,
        annotator=annotator_for_user(found.project, reviewer),
        key=f"{DECIDED_ANEW}{uuid.uuid4()}",
        body_digest=digest_of({"item": found.pk, "answers": {kind: said}}),
    )
    judgment = Judgment.objects.create(
        project_id=found.project_id,
        submission=submission,
        item=found,
        annotator=submission.annotator,
        kind=kind,
        kind_version=one.kind.version,
        answer=said,
        outcome=dict(one.kind.outcome(parsed, ask, None)),
    )
    return _stand(found, judgment, reviewer)


@transaction.atomic
def undecide(item: Item, kind: str) -> bool:
    """Take a decision back, and the answer that was given for it; whether there was one."""
    if kind not in KINDS:
        return False
    Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    decisions = _decisions(item, kind)
    for decision in decisions:
        _drop(decision)
        decision.delete()
    return bool(decisions)


@transaction.atomic
def ask_one_more(item: Item) -> Item:
    """One more person is asked.

    Raises Conflict `cannot_ask_more` for gold, for what is for one person only, and where a hundred are asked.
    """
    locked = Item.objects.select_for_update().get(pk=item.pk)
    special = locked.gold is not None or locked.only_for_id is not None
    if special or locked.withdrawn_at is not None or locked.overlap >= MOST_OVERLAP:
        raise Conflict(
            "Nobody else can be asked about this item.",
            code="cannot_ask_more",
            hint="It is gold, withdrawn or for one person only, or a hundred people are asked already.",
        )
    add_place(locked.pk)
    locked.refresh_from_db()
    return locked


def _lock_for(item: Item, reviewer: User) -> Item:
    """The item as the reviewer may see it, locked: of two decisions at once the later one stands."""
    Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    found = item_detail(item.project, item.pk)
    if not names_shown(found, reviewer):
        raise Conflict(
            "This item is blind: its answers are hidden until you have judged it yourself.",
            code="judge_first",
        )
    return found


def _stand(item: Item, judgment: Judgment, reviewer: User) -> Decision:
    for before in _decisions(item, judgment.kind):
        if before.judgment_id != judgment.pk:
            _drop(before)
    decision, _ = Decision.objects.update_or_create(
        item=item, kind=judgment.kind, defaults={"judgment": judgment, "reviewer": reviewer}
    )
    return decision


def _decisions(item: Item, kind: str) -> list[Decision]:
    return list(
        Decision.objects.filter(item=item, kind=kind).select_related("judgment__submission")
    )


def _drop(decision: Decision) -> None:
    """An answer that was given for a decision does not outlive it."""
    if is_anew(decision):
        Judgment.objects.filter(pk=decision.judgment_id).update(withdrawn_at=timezone.now())
