"""The catalogue of kinds with the schemas of their answers and settings."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.errors import NotFound
from feedback.kinds import KINDS
from feedback.kinds.base import Kind


class KindOut(serializers.Serializer[Any]):
    """A form of feedback."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field may have this name
    summary = serializers.CharField()
    version = serializers.IntegerField()
    fewest = serializers.IntegerField(help_text="Completions that an item needs at least.")
    most = serializers.IntegerField(help_text="Completions that an item has at most.")
    images = serializers.BooleanField(
        help_text="Whether a completion may be an image without text."
    )
    answer_schema = serializers.DictField(help_text="JSON schema of an answer.")
    settings_schema = serializers.DictField(help_text="JSON schema of the settings.")


class KindsOut(serializers.Serializer[Any]):
    """All kinds on one page."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = KindOut(many=True)


class Kinds(APIView):
    """The kinds of feedback."""

    @extend_schema(operation_id="kinds_list", responses=KindsOut)
    def get(self, request: Request) -> Response:
        """All kinds that items can ask."""
        kinds = [_described(kind) for kind in KINDS.values()]
        return Response({"next": None, "previous": None, "results": kinds})


class KindDetail(APIView):
    """One kind of feedback."""

    @extend_schema(operation_id="kinds_retrieve", responses=KindOut)
    def get(self, request: Request, name: str) -> Response:
        """The kind, with the schema of its answers."""
        if name not in KINDS:
            raise NotFound(f"There is no kind '{name}'.", code="unknown_kind")
        return Response(_described(KINDS[name]))


def _described(kind: Kind[Any, Any]) -> dict[str, Any]:
    return {
        "name": kind.name,
        "label": kind.label,
        "summary": kind.summary,
        "version": kind.version,
        "fewest": kind.fewest,
        "most": kind.most,
        "images": kind.images,
        "answer_schema": kind.answer_model.model_json_schema(),
        "settings_schema": kind.settings_model.model_json_schema(),
    }
