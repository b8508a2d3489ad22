"""Pauses: somebody gets no items until the owner lets them go on; what they held goes back."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from feedback.assignment import note_pass, release_all
from feedback.errors import InvalidInput
from feedback.models import Annotator, Source
from feedback.services.checks import check_text

LONGEST_REASON = 2000


def pause_annotator(annotator: Annotator, reason: str = "") -> None:
    """No more items for this person, who is told the reason; the items held go back to the pool.

    Raises InvalidInput `not_a_person`, `text_too_long`, `nul_character`.
    """
    _require_person(annotator)
    if len(check_text(reason, "reason")) > LONGEST_REASON:
        raise InvalidInput(
            f"A reason has at most {LONGEST_REASON} characters.", code="text_too_long"
        )
    with transaction.atomic():
        Annotator.objects.filter(pk=annotator.pk).update(
            paused_at=timezone.now(), pause_reason=reason
        )
        release_all(annotator)


def resume_annotator(annotator: Annotator) -> None:
    """The person gets items again; the test on gold begins anew, as what it saw was judged by the owner.

    Raises InvalidInput `not_a_person`.
    """
    _require_person(annotator)
    Annotator.objects.filter(pk=annotator.pk).update(
        paused_at=None, pause_reason="", excused_before=timezone.now()
    )


def pass_exam(annotator: Annotator) -> None:
    """Let somebody work who has not passed the exam, or failed it; the test on gold begins after it.

    Raises InvalidInput `not_a_person`.
    """
    _require_person(annotator)
    note_pass(annotator)


def _require_person(annotator: Annotator) -> None:
    if annotator.source != Source.HUMAN:
        raise InvalidInput("Only people are given items or paused.", code="not_a_person")
