"""Drafts: what was typed about an item and not sent, kept for a reload or another device."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from feedback.assignment import lock_open
from feedback.errors import InvalidInput
from feedback.models import Annotator, Draft
from feedback.texts import is_storable

LARGEST = 2_000_000  # characters of all names and values: ten long completions rewritten
LONGEST_TIME = 7 * 24 * 3600
MOST_EDITS = 2**31 - 1  # what the column holds


@dataclass(frozen=True, slots=True)
class NewDraft:
    """The form's fields by name (`pairwise.reason`), the seconds spent on them, and how often they changed."""

    fields: Mapping[str, str]
    lead_time: float = 0
    edits: int = 0


def save_draft(annotator: Annotator, assignment_id: int, new: NewDraft) -> Draft:
    """Keep what was typed under one's own live lease; the newest replaces the one before.

    Raises InvalidInput `invalid_draft` or `draft_too_large`, NotFound, or Conflict when the lease is over.
    """
    _check(new)
    with transaction.atomic():
        assignment = lock_open(assignment_id, annotator.pk, timezone.now())
        draft, _ = Draft.objects.update_or_create(
            item=assignment.item,
            annotator=annotator,
            defaults={
                "fields": dict(new.fields),
                "lead_time": new.lead_time,
                "edits": new.edits,
            },
        )
    return draft


def draft_of(annotator: Annotator, item_id: int) -> Draft | None:
    """What this annotator typed about the item and did not send."""
    return Draft.objects.filter(annotator=annotator, item=item_id).first()


def answer_fields(kind: str, answer: Mapping[str, Any]) -> dict[str, str]:
    """A stored answer as the fields of its form, which are all texts; what is empty is left out.

    Entries that name a completion are numbered by it, as the form numbers them.
    """
    return dict(_fields(kind, answer))


def _fields(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _fields(f"{name}.{key}", inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _fields(f"{name}.{_number(inner, number)}", inner)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif value is not None and value != "":
        yield name, str(value)


def _number(entry: Any, number: int) -> int:
    named = entry.get("completion") if isinstance(entry, Mapping) else None
    return named if isinstance(named, int) else number


def _check(new: NewDraft) -> None:
    texts = [text for pair in new.fields.items() for text in pair]
    if not all(isinstance(text, str) and is_storable(text) for text in texts):
        raise _invalid("a field is not a text that can be stored")
    if sum(map(len, texts)) > LARGEST:
        raise InvalidInput(
            f"This draft is longer than {LARGEST:,} characters and was not kept.",
            code="draft_too_large",
            hint="Send the answer, or shorten it; what is on the screen stays there.",
        )
    if not (math.isfinite(new.lead_time) and 0 <= new.lead_time < LONGEST_TIME):
        raise _invalid("the lead time is in seconds, from 0 to a week")
    if not 0 <= new.edits <= MOST_EDITS:
        raise _invalid(f"the number of edits must be from 0 to {MOST_EDITS}")


def read_fields(text: str) -> dict[str, str]:
    """The fields from JSON, as the judging page sends them. Raises InvalidInput `invalid_draft`."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise _invalid("the fields are not a JSON object of texts")
    return fields


def _invalid(why: str) -> InvalidInput:
    return InvalidInput(f"This draft was not kept: {why}.", code="invalid_draft")
