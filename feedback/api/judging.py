"""The loop of an annotator: the next item under a lease, kept, skipped or given back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from feedback.api.base import IdField, Input, TextField, parsed, told, user_of
from feedback.api.prompts import MessageField
from feedback.assignment import (
    Gated,
    Nothing,
    extend_assignment,
    next_assignment,
    release_assignment,
    skip_assignment,
)
from feedback.kinds import get_kind
from feedback.models import Assignment, Project
from feedback.selectors import AskedKind, get_assignment, question
from feedback.services import annotator_at


class ShownOut(serializers.Serializer[Any]):
    """A completion as this annotator sees it; answers name it by its index."""

    place = serializers.IntegerField(help_text="Where it is shown, from 1.")
    index = serializers.IntegerField(
        help_text="Its stored index, from 0, by which answers name it."
    )
    text = serializers.CharField()
    media = serializers.DictField(
        allow_null=True, help_text="An image: its url, and alt, width and height where known."
    )


class AskedOut(serializers.Serializer[Any]):
    """A kind that is asked, with the settings that the item fixed."""

    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field may have this name
    settings = serializers.DictField()
    schema = serializers.URLField(help_text="Where the schema of its answers is.")


class QuestionOut(serializers.Serializer[Any]):
    """Everything that an annotator may see of an item."""

    id = serializers.IntegerField()
    messages = MessageField(many=True)
    completions = ShownOut(many=True)
    kinds = AskedOut(many=True)
    guidelines = serializers.CharField(allow_blank=True)


class AssignmentOut(serializers.ModelSerializer[Assignment]):
    """A lease on an item."""

    class Meta:
        model = Assignment
        fields = ("id", "item", "state", "expires_at")


class ReasonOut(serializers.Serializer[Any]):
    """Why there is nothing to do."""

    code = serializers.CharField()
    message = serializers.CharField()
    url = serializers.URLField(
        allow_null=True, help_text="The page on which a person passes the gate; else null."
    )


class NextIn(Input):
    """Where the annotator is."""

    after = IdField(
        required=False,
        help_text="An open assignment of yours: fetch the item behind it, ahead. Two are held at most.",
    )


class NextOut(serializers.Serializer[Any]):
    """The next item with its lease, or the reason why there is none."""

    item = QuestionOut(allow_null=True)
    assignment = AssignmentOut(allow_null=True)
    reason = ReasonOut(allow_null=True)


class Next(APIView):
    """The next item to judge."""

    @extend_schema(operation_id="next_retrieve", parameters=[NextIn], responses=NextOut)
    def get(self, request: Request, slug: str) -> Response:
        """Lease the next item, or return the one that is held already; its time begins anew."""
        return self._next(request, slug, request.query_params.dict())

    @extend_schema(operation_id="next_create", request=NextIn, responses=NextOut)
    def post(self, request: Request, slug: str) -> Response:
        """The same as GET, for clients that keep GET free of effects."""
        return self._next(request, slug, request.data)

    def _next(self, request: Request, slug: str, said: Any) -> Response:
        annotator = annotator_at(user_of(request), slug)
        found = next_assignment(annotator, parsed(NextIn, said).get("after"))
        if not isinstance(found, Assignment):
            reason = _reason(request, annotator.project, found)
            return Response({"item": None, "assignment": None, "reason": reason})
        lease = told(AssignmentOut, found)
        return Response({"item": _question(request, found), "assignment": lease, "reason": None})


class ExtendAssignment(APIView):
    """A heartbeat of an annotator who is still at it."""

    @extend_schema(operation_id="assignments_extend", request=None, responses=AssignmentOut)
    def post(self, request: Request, pk: int) -> Response:
        """The lease lasts its full time again."""
        assignment = extend_assignment(get_assignment(request.user, pk))
        return Response(AssignmentOut(assignment).data)


class SkipIn(Input):
    """Why an item is skipped."""

    reason = TextField(required=False, allow_blank=True, default="", max_length=10_000)


class SkipAssignment(APIView):
    """Leaves an item to others."""

    @extend_schema(operation_id="assignments_skip", request=SkipIn, responses=AssignmentOut)
    def post(self, request: Request, pk: int) -> Response:
        """Give the item back to others; it does not come again."""
        assignment = get_assignment(request.user, pk)
        skip_assignment(assignment, parsed(SkipIn, request.data)["reason"])
        assignment.refresh_from_db()
        return Response(AssignmentOut(assignment).data)


class ReleaseAssignment(APIView):
    """Gives an item back."""

    @extend_schema(operation_id="assignments_release", request=None, responses=AssignmentOut)
    def post(self, request: Request, pk: int) -> Response:
        """Give the item back to all; it may come again."""
        assignment = get_assignment(request.user, pk)
        release_assignment(assignment)
        assignment.refresh_from_db()
        return Response(AssignmentOut(assignment).data)


def _reason(request: Request, project: Project, found: Nothing | Gated) -> dict[str, Any]:
    if isinstance(found, Nothing):
        return {"code": found.code, "message": found.message, "url": None}
    label = get_kind(found.record.kind).label
    return {
        "code": "gate",
        "message": f"The next item asks for {label}; a person passes its questions first.",
        "url": reverse("gate", args=[project.slug, found.record.pk], request=request),
    }


def _question(request: Request, assignment: Assignment) -> dict[str, Any]:
    asked = question(assignment)
    shown = [
        {"place": s.place, "index": s.index, "text": s.text, "media": _media(request, s.media)}
        for s in asked.shown
    ]
    return {
        "id": assignment.item_id,
        "messages": [{"role": m.role, "content": m.content} for m in asked.messages],
        "completions": shown,
        "kinds": [_kind(request, kind) for kind in asked.kinds],
        "guidelines": asked.guidelines,
    }


def _media(request: Request, media: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """An upload is at this server: its address is made absolute."""
    return None if media is None else {**media, "url": request.build_absolute_uri(media["url"])}


def _kind(request: Request, asked: AskedKind) -> dict[str, Any]:
    return {
        "kind": asked.kind.name,
        "label": asked.kind.label,
        "settings": asked.settings.model_dump(mode="json"),
        "schema": reverse("api-kind", args=[asked.kind.name], request=request),
    }
