"""Erasing an annotator: what they wrote goes, the rows that others refer to stay without it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from feedback.assignment import release_all
from feedback.assignment.places import return_places
from feedback.models import (
    Annotator,
    Assignment,
    AssignmentState,
    Draft,
    Item,
    Judgment,
    KindRecord,
    Project,
)
from feedback.selectors.personal import impressions_of


def erase_annotator(annotator: Annotator) -> set[int]:
    """Empty the person's answers and forget the name; returns the ids of all their judgments. Harmless twice.

    The project is locked meanwhile: a snapshot is registered either before, or knowing of the erasure.
    """
    release_all(annotator)
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=annotator.project_id)
        _give_back(annotator)
        _empty(annotator)
        annotator.groups.clear()
        Annotator.objects.filter(pk=annotator.pk).update(
            user=None, name=f"erased-{annotator.pk}", pause_reason=""
        )
    return set(Judgment.objects.filter(annotator=annotator.pk).values_list("pk", flat=True))


def _give_back(annotator: Annotator) -> None:
    """The places of answers that are erased: somebody else is asked. What only this person was asked is closed.

    A closed item asks as many people as have answered it, so that nothing waits for an answer that cannot come.
    """
    used = Assignment.objects.filter(annotator=annotator, state=AssignmentState.SUBMITTED)
    leases = list(used.select_for_update().order_by("pk").values_list("pk", flat=True))
    return_places(leases)
    Assignment.objects.filter(pk__in=leases).update(state=AssignmentState.RELEASED)
    own = Item.objects.select_for_update().filter(only_for=annotator, places__gt=0).order_by("pk")
    closed = list(own.values_list("pk", flat=True))
    Item.objects.filter(pk__in=closed).update(overlap=F("overlap") - F("places"), places=0)


def _empty(annotator: Annotator) -> None:
    own = Judgment.objects.filter(annotator=annotator, erased_at=None)
    own.update(erased_at=timezone.now(), answer={}, outcome={})
    Draft.objects.filter(annotator=annotator).delete()
    impressions_of(annotator).update(viewer="")
    Judgment.objects.filter(annotator=annotator).update(record=None)
    KindRecord.objects.filter(annotator=annotator).delete()
    Assignment.objects.filter(annotator=annotator).update(skip_reason="")
    annotator.submissions.update(client="", lead_time=None, edits=None, gold_right=None)
