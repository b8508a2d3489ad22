"""An annotator's sessions of a kind, and the owner's report about a kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from feedback.errors import NotFound
from feedback.kinds import KINDS, get_kind
from feedback.models import (
    Annotator,
    Completion,
    ItemCompletion,
    Judgment,
    KindRecord,
    RecordPurpose,
)
from feedback.permissions import Ability
from feedback.selectors import get_project, live_judgments
from feedback.selectors.reports import report_of
from feedback.services.records import audit, close_session
from feedback.views.painting import annotator_of
from feedback.views.requests import MemberRequest, parse_id

SESSIONS = 10  # of one's own, on one page
ROUNDS = 100
AUDITED = 20  # sessions whose draws are repeated when the report is opened


@dataclass(frozen=True, slots=True)
class SessionShown:
    """A session with its rounds, newest first. The secret is shown once it is closed."""

    record: KindRecord
    rounds: list[Judgment]
    number: int
    secret: str
    problems: list[str] | None
    delivered: Completion | None

    @property
    def result(self) -> Mapping[str, Any]:
        """What was drawn when it ended."""
        return dict(self.record.data.get("result", {}))

    @property
    def settings(self) -> Any:
        """The kind's settings in this session."""
        return get_kind(self.record.kind).settings_model.model_validate(
            self.record.data["settings"]
        )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def kind_session(request: MemberRequest, slug: str, kind: str) -> HttpResponse:
    """One's own sessions, newest first; a post ends the one that it names."""
    annotator = annotator_of(request, slug)
    if kind not in KINDS:
        raise NotFound(f"There is no kind '{kind}'.", code="unknown_kind")
    records = KindRecord.objects.filter(
        annotator=annotator, kind=kind, purpose=RecordPurpose.SESSION
    )
    if request.method == "POST":
        record = records.filter(pk=parse_id(request.POST.get("session")) or 0).first()
        if record is None:
            raise NotFound("There is no such session of yours.", code="unknown_session")
        close_session(record)
        messages.success(
            request, "The session has ended. Its draws and its secret are shown below."
        )
        return redirect("kind_session", slug, kind)
    context = {
        "project": annotator.project,
        "kind": get_kind(kind),
        "sessions": [_shown(record, annotator) for record in records.order_by("-pk")[:SESSIONS]],
        "template": f"feedback/kinds/{kind}/session.html",
        "audit_template": f"feedback/kinds/{kind}/audit.html",
    }
    return render(request, "feedback/records/session.html", context)


@login_required
@require_safe
def kind_report(request: MemberRequest, slug: str, kind: str) -> HttpResponse:
    """The kind's figures over the project's answers, with a ledger of its sessions."""
    project = get_project(request.user, slug, Ability.VIEW)
    report = report_of(project, kind)
    context = {
        "project": project,
        "kind": report.kind,
        "report": report,
        "figures": report.figures,
        "sessions": list(_ledger(report.sessions)),
        "template": f"feedback/kinds/{kind}/report.html",
    }
    return render(request, "feedback/records/report.html", context)


def _shown(record: KindRecord, annotator: Annotator) -> SessionShown:
    rounds = live_judgments().filter(record=record, annotator=annotator)
    closed = record.closed_at is not None
    slots = Prefetch("item__slots", ItemCompletion.objects.select_related("completion"))
    newest = rounds.select_related("item").prefetch_related(slots).order_by("-pk")
    return SessionShown(
        record=record,
        rounds=list(newest[:ROUNDS]),
        number=rounds.count(),
        secret=record.secret if closed else "",
        problems=audit(record) if closed else None,
        delivered=_delivered(record) if closed else None,
    )


def _delivered(record: KindRecord) -> Completion | None:
    """The completion that the paid round gives."""
    paid = record.data.get("result", {}).get("paid")
    if not paid:
        return None
    judgment = record.judgments.filter(pk=paid["judgment"], erased_at=None).first()
    slots = judgment.item.slots.select_related("completion") if judgment else None
    slot = slots.filter(index=paid["gets"]).first() if slots is not None else None
    return slot.completion if slot else None


def _ledger(records: list[KindRecord]) -> Iterator[dict[str, Any]]:
    """The sessions as the owner sees them; the secret of an open one stays unknown to everybody."""
    for n, record in enumerate(records):
        closed = record.closed_at is not None
        yield {
            "record": record,
            "annotator": str(record.annotator),
            "result": record.data.get("result", {}),
            "rounds": record.data.get("result", {}).get("rounds")
            if closed
            else record.judgments.count(),
            "problems": audit(record) if closed and n < AUDITED else None,
            "audited": closed and n < AUDITED,
        }
