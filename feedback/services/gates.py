"""Gates: what an annotator answers and practises before the first real item of a kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from feedback.errors import Conflict, NotFound
from feedback.kinds import get_kind
from feedback.kinds.base import Gate, Kind, Question, Settings
from feedback.models import Annotator, KindRecord, RecordPurpose
from feedback.services.records import open_session


@dataclass(frozen=True, slots=True)
class GateState:
    """A gate and how far its annotator is: first the questions, then one practice round after the other."""

    record: KindRecord
    kind: Kind[Any, Any]
    settings: Settings
    gate: Gate
    answered: bool
    practised: int

    @property
    def practice_left(self) -> bool:
        """Whether a round is still to be practised."""
        return self.answered and self.practised < len(self.gate.practice)

    @property
    def ready(self) -> bool:
        """Whether nothing is left but to begin."""
        return self.answered and not self.practice_left

    def options_problem(self, chosen: Sequence[int | None]) -> list[Question]:
        """The questions that were not answered rightly, in order."""
        return [
            question
            for n, question in enumerate(self.gate.questions)
            if n >= len(chosen) or chosen[n] != question.correct
        ]


def gate_state(annotator: Annotator, pk: int) -> GateState:
    """The annotator's own gate. Raises NotFound `unknown_gate`."""
    record = KindRecord.objects.filter(
        pk=pk, annotator=annotator, purpose=RecordPurpose.GATE
    ).first()
    if record is None:
        raise NotFound("There is no such gate of yours.", code="unknown_gate")
    return _state(record)


@transaction.atomic
def answer_gate(state: GateState, chosen: Sequence[int | None]) -> list[Question]:
    """Check the answers, an index of the options each; returns the wrong ones. None wrong: practice follows."""
    wrong = state.options_problem(chosen)
    record = _lock(state)
    record.data["attempts"] = record.data.get("attempts", 0) + 1
    record.data["answered"] = record.data.get("answered", False) or not wrong
    record.save(update_fields=["data"])
    return wrong


@transaction.atomic
def practise_gate(state: GateState, practised: int) -> None:
    """The round of that number, from 0, was played; playing it again changes nothing."""
    record = _lock(state)
    record.data["practised"] = max(record.data.get("practised", 0), practised + 1)
    record.save(update_fields=["data"])


@transaction.atomic
def pass_gate(state: GateState) -> KindRecord | None:
    """Open the gate for good; returns the session that begins now, where the kind keeps one.

    Raises Conflict `gate_not_passed` while questions or practice are left.
    """
    record = _lock(state)
    if not _state(record).ready:
        raise Conflict(
            "The questions and the practice rounds come first.",
            code="gate_not_passed",
            hint="Go through the page in order.",
        )
    if record.closed_at is None:
        record.closed_at = timezone.now()
        record.save(update_fields=["closed_at"])
    if not state.kind.keeps_sessions(state.settings):
        return None
    return open_session(record.annotator, state.kind, state.settings)


def _state(record: KindRecord) -> GateState:
    kind = get_kind(record.kind)
    settings = kind.settings_model.model_validate(record.data["settings"])
    gate = kind.gate(settings) or Gate(introduction="")
    return GateState(
        record=record,
        kind=kind,
        settings=settings,
        gate=gate,
        answered=record.data.get("answered", False) or not gate.questions,
        practised=record.data.get("practised", 0),
    )


def _lock(state: GateState) -> KindRecord:
    records = KindRecord.objects.select_related("annotator").select_for_update(of=("self",))
    return records.get(pk=state.record.pk)
