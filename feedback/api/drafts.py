"""Drafts over REST: what was typed about an item on another device, or by another program."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.base import Input, TextField, parsed
from feedback.models import Draft
from feedback.selectors import get_assignment
from feedback.services import NewDraft, draft_of, save_draft


class DraftIn(Input):
    """The fields of the form by name, as the judging page names them."""

    fields = serializers.DictField(child=TextField(allow_blank=True))  # type: ignore[assignment]  # a field may have this name
    lead_time = serializers.FloatField(default=0, help_text="Seconds spent so far.")
    edits = serializers.IntegerField(default=0)


class DraftOut(serializers.Serializer[Any]):
    """What was typed and not sent; without fields where nothing was."""

    fields = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]
    lead_time = serializers.FloatField()
    edits = serializers.IntegerField()


class AssignmentDraft(APIView):
    """The draft of a lease of one's own; it goes when the answer is stored or the item is skipped."""

    @extend_schema(operation_id="assignments_draft_retrieve", responses=DraftOut)
    def get(self, request: Request, pk: int) -> Response:
        """What was typed."""
        assignment = get_assignment(request.user, pk)
        return Response(_body(draft_of(assignment.annotator, assignment.item_id) or Draft()))

    @extend_schema(operation_id="assignments_draft_update", request=DraftIn, responses=DraftOut)
    def put(self, request: Request, pk: int) -> Response:
        """Keep it in the place of what was typed before; the lease must be live."""
        assignment = get_assignment(request.user, pk)
        draft = NewDraft(**parsed(DraftIn, request.data))
        return Response(_body(save_draft(assignment.annotator, assignment.pk, draft)))


def _body(draft: Draft) -> dict[str, Any]:
    return {"fields": draft.fields, "lead_time": draft.lead_time, "edits": draft.edits}
