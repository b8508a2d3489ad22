"""What a kind keeps about an annotator: which gate stands before the next item."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from feedback.kinds.base import Settings
from feedback.models import Annotator, KindRecord, RecordPurpose
from feedback.selectors.questions import AskedKind


def record_about(kind: str, settings: Settings) -> str:
    """SHA-256 of the kind and its settings: what a record of a gate or a session holds for."""
    text = json.dumps([kind, settings.model_dump(mode="json")], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def gate_before(asked: Sequence[AskedKind], annotator: Annotator) -> AskedKind | None:
    """The first of the kinds whose gate the annotator has yet to pass, or None."""
    gated = [one for one in asked if one.kind.gate(one.settings) is not None]
    return next((one for one in gated if not _passed(one, annotator)), None)


def _passed(asked: AskedKind, annotator: Annotator) -> bool:
    return KindRecord.objects.filter(
        annotator=annotator,
        kind=asked.kind.name,
        purpose=RecordPurpose.GATE,
        about=record_about(asked.kind.name, asked.settings),
        closed_at__isnull=False,
    ).exists()
