"""Imports: a file with a mapping of its columns becomes a job."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.base import Input, parsed, user_of
from feedback.api.parsing import check_storable
from feedback.imports import FORMATS
from feedback.permissions import Ability
from feedback.selectors import get_project
from training import services
from training.api.base import JobOut, queued


@extend_schema_field({"$ref": "#/components/schemas/ImportMapping"})
class MappingField(serializers.JSONField):
    """A mapping as JSON text in a part of the form."""

    def to_internal_value(self, data: Any) -> Any:
        """An object; its fields are checked where files are read."""
        try:
            mapping = super().to_internal_value(data)
        except RecursionError:
            raise serializers.ValidationError("The JSON is nested too deeply.") from None
        if not isinstance(mapping, dict):
            raise serializers.ValidationError("The mapping is a JSON object.")
        check_storable(mapping)
        return mapping


class ImportIn(Input):
    """A file and what its columns mean."""

    file = serializers.FileField(allow_empty_file=True)
    mapping = MappingField()
    format = serializers.ChoiceField(
        choices=list(FORMATS), required=False, help_text="Told from the file when left out."
    )


class Imports(APIView):
    """Imports into a project."""

    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="imports_create",
        request={"multipart/form-data": ImportIn},
        responses={202: JobOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Queue an import; the job's result counts rows and names each that was refused."""
        project = get_project(request.user, slug, Ability.MANAGE)
        fields = parsed(ImportIn, request.data)
        job = services.start_import(
            project,
            user_of(request),
            fields["file"].file,
            filename=fields["file"].name,
            mapping=fields["mapping"],
            format=fields.get("format", ""),
        )
        return queued(job)
