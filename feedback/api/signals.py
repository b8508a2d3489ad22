"""Signals over REST: what a program's own models think of items and completions."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.base import MOST_ROWS, IdField, Input, TextField, parsed
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.selectors.signals import signal_names
from feedback.services.signals import LONGEST_VECTOR, NewSignal, store_signals


class SignalIn(Input):
    """A number or a vector about an item or a completion, by id."""

    item = IdField(required=False)
    completion = IdField(required=False)
    value = serializers.FloatField(required=False)
    vector = serializers.ListField(
        child=serializers.FloatField(), required=False, max_length=LONGEST_VECTOR
    )


class SignalsIn(Input):
    """Signals of one name and version, stored together or not at all."""

    name = TextField(max_length=60)
    version = TextField(max_length=100, required=False, allow_blank=True, default="")
    signals = serializers.ListField(child=SignalIn(), allow_empty=False, max_length=MOST_ROWS)


class SignalsStored(serializers.Serializer[object]):
    """How many were stored."""

    stored = serializers.IntegerField()


class SignalOut(serializers.Serializer[object]):
    """A signal that the project has, and how many items and completions have it."""

    name = serializers.CharField()
    version = serializers.CharField()
    items = serializers.IntegerField()
    completions = serializers.IntegerField()
    newest = serializers.DateTimeField()


class Signals(APIView):
    """Embeddings, scores and uncertainties, stored beside what they are about."""

    @extend_schema(operation_id="signals_list", responses=SignalOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The names and versions that there are, with counts."""
        project = get_project(request.user, slug, Ability.VIEW)
        return Response(SignalOut(signal_names(project), many=True).data)

    @extend_schema(operation_id="signals_store", request=SignalsIn, responses=SignalsStored)
    def post(self, request: Request, slug: str) -> Response:
        """Store them; what was told before of the same item or completion is replaced."""
        project = get_project(request.user, slug, Ability.MANAGE)
        said = parsed(SignalsIn, request.data)
        rows = [NewSignal(**row) for row in said["signals"]]
        return Response({"stored": store_signals(project, said["name"], said["version"], rows)})
