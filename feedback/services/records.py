"""What kinds keep about annotators: sessions whose draws can be repeated from a secret fixed beforehand."""

from __future__ import annotations

import hashlib
import hmac
import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Prefetch
from django.utils import timezone

from feedback.errors import Conflict
from feedback.kinds import get_kind
from feedback.kinds.base import Ask, Kind, Settings
from feedback.models import (
    Annotator,
    Item,
    ItemCompletion,
    Judgment,
    KindRecord,
    RecordPurpose,
    Source,
)
from feedback.selectors import AskedKind, ask_of, live_judgments, record_about, stored_answer
from feedback.selectors.rounds import rounds_of
from feedback.services.content import digest_of

IDLE = timedelta(hours=2)
CLOSING = "session"  # what the draws at the end of a session are named after, as a round is after its item


def outcome_for(
    annotator: Annotator, item: Item, kind: Kind[Any, Any], answer: Any, ask: Ask[Any]
) -> tuple[dict[str, Any], KindRecord | None]:
    """What the kind works out about an answer, and the session it belongs to where the kind keeps one.

    Call it in the transaction that stores the answer. Judges and imports have no sessions and no draws.
    Raises Conflict `session_closed` for a change to an answer whose session was settled.
    """
    if annotator.source != Source.HUMAN or not kind.keeps_sessions(ask.settings):
        return dict(kind.outcome(answer, ask, None)), None
    record = open_session(annotator, kind, ask.settings)
    _refuse_settled(annotator, item, kind)  # now that nobody else can end the session
    return dict(kind.outcome(answer, ask, chance_of(record.secret, str(item.pk)))), record


def commitments_for(annotator: Annotator, asked: Sequence[AskedKind]) -> dict[str, str]:
    """By kind, what the draws of the annotator's session are committed to; shown before an answer is given.

    A session that is needed and not open is begun.
    """
    if annotator.source != Source.HUMAN:
        return {}
    return {
        one.kind.name: open_session(annotator, one.kind, one.settings).data["commitment"]
        for one in asked
        if one.kind.keeps_sessions(one.settings)
    }


def chance_of(secret: str, name: str) -> random.Random:
    """The draws of that name in a session: a generator seeded with HMAC-SHA256(secret, name).

    `secret` is hexadecimal; `name` is an item's id, or `session` for the draws at its end.
    """
    seed = hmac.digest(bytes.fromhex(secret), name.encode(), "sha256")
    return random.Random(int.from_bytes(seed, "big"))  # noqa: S311 the secret is what cannot be guessed


@transaction.atomic
def open_session(annotator: Annotator, kind: Kind[Any, Any], settings: Settings) -> KindRecord:
    """The annotator's open session, locked; one left idle for two hours is closed and a new one begun."""
    about = record_about(kind.name, settings)
    named = {
        "annotator": annotator,
        "kind": kind.name,
        "purpose": RecordPurpose.SESSION,
        "about": about,
        "closed_at": None,
    }
    record = KindRecord.objects.select_for_update().filter(**named).first()
    if record is not None and _is_idle(record, timezone.now()):
        close_session(record)
        record = None
    if record is None:
        secret = secrets.token_hex(32)
        stored = {"settings": settings.model_dump(mode="json"), "commitment": commitment_to(secret)}
        record, _ = KindRecord.objects.select_for_update().get_or_create(
            **named, defaults={"secret": secret, "data": stored}
        )
    return record


def commitment_to(secret: str) -> str:
    """SHA-256 of the secret's bytes: shown from the beginning, so that the secret cannot be exchanged."""
    return hashlib.sha256(bytes.fromhex(secret)).hexdigest()


@transaction.atomic
def close_session(record: KindRecord) -> KindRecord:
    """End a session: what its kind draws at the end is drawn and stored. Closed already, it stays as it is."""
    record = KindRecord.objects.select_for_update().get(pk=record.pk)
    if record.closed_at is not None:
        return record
    judgments = list(_live_rounds(record))
    record.data = {
        **record.data,
        "rounds": [
            {"judgment": j.pk, "item": j.item_id, "answer": digest_of(j.answer)} for j in judgments
        ],
        "result": _result(record, [j.pk for j in judgments]),
    }
    record.closed_at = timezone.now()
    record.save(update_fields=["data", "closed_at"])
    return record


def audit(record: KindRecord) -> list[str]:
    """What does not fit when a session's draws are repeated from its secret; nothing, if all is well."""
    return list(_problems(record))


def _problems(record: KindRecord) -> Iterator[str]:
    if commitment_to(record.secret) != record.data.get("commitment"):
        yield "The secret is not the one that was committed to when the session began."
    slots = Prefetch("item__slots", ItemCompletion.objects.select_related("completion"))
    rows = record.judgments.select_related("item").prefetch_related(slots)
    judgments = {judgment.pk: judgment for judgment in rows.order_by("pk")}
    for judgment in judgments.values():
        yield from _outcome_problems(judgment, record.secret)
    if record.closed_at is not None:
        yield from _closing_problems(record, judgments)


def _outcome_problems(judgment: Judgment, secret: str) -> Iterator[str]:
    if judgment.erased_at is not None:
        yield f"Answer {judgment.pk} was erased: its draw cannot be repeated."
        return
    ask = ask_of(judgment.item, judgment.kind)
    chance = chance_of(secret, str(judgment.item_id))
    repeated = get_kind(judgment.kind).outcome(stored_answer(judgment), ask, chance)
    if dict(repeated) != judgment.outcome:
        yield f"The outcome stored with answer {judgment.pk} is not what its draw gives."


def _closing_problems(record: KindRecord, judgments: Mapping[int, Judgment]) -> Iterator[str]:
    listed = {one["judgment"]: one["answer"] for one in record.data.get("rounds", [])}
    for pk, digest in listed.items():
        judgment = judgments.get(pk)
        if judgment is None:
            yield f"Answer {pk} was in the session when it ended, and is not any more."
        elif judgment.erased_at is None and digest_of(judgment.answer) != digest:
            yield f"Answer {pk} was changed after the session had ended."
    for pk, judgment in judgments.items():
        if pk not in listed and judgment.created > (record.closed_at or judgment.created):
            yield f"Answer {pk} was added after the session had ended."
    erased = any(judgment.erased_at is not None for judgment in judgments.values())
    if not erased and _result(record, list(listed)) != record.data.get("result"):
        yield "The result of the session is not what its draw gives."


def _result(record: KindRecord, judgments: list[int]) -> dict[str, Any]:
    rounds = list(rounds_of(Judgment.objects.filter(pk__in=judgments)))
    return dict(get_kind(record.kind).close_session(rounds, chance_of(record.secret, CLOSING)))


def _live_rounds(record: KindRecord) -> Iterator[Judgment]:
    return live_judgments().filter(record=record).order_by("pk").iterator()


def _is_idle(record: KindRecord, now: datetime) -> bool:
    """A session without rounds is not idle: its commitment was shown and stands."""
    last = record.judgments.aggregate(last=Max("created"))["last"]
    return last is not None and now - last > IDLE


def _refuse_settled(annotator: Annotator, item: Item, kind: Kind[Any, Any]) -> None:
    """An answer that may have been paid for is not changed."""
    answered = Judgment.objects.filter(annotator=annotator, item=item, kind=kind.name)
    if answered.filter(withdrawn_at=None, record__closed_at__isnull=False).exists():
        raise Conflict(
            "The session of this answer has ended and its draw was made, so it can no longer be changed.",
            code="session_closed",
        )
