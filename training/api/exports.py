"""Exports: evidence of a project or a snapshot as a file, streamed row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from feedback.api.base import Input, parsed
from feedback.evidence import Evidence
from feedback.exports import EXPORTS, ExportOptions, get_export
from feedback.permissions import Ability
from feedback.selectors import evidence_of, get_project
from feedback.selectors.gold import gold_rows
from training import selectors

LINES = {(200, "application/jsonl"): OpenApiTypes.BINARY}


class ExportIn(Input):
    """How evidence is written."""

    format = serializers.CharField(default="native", help_text=f"One of {', '.join(EXPORTS)}.")
    ties = serializers.ChoiceField(
        choices=("drop", "both"),
        default="drop",
        help_text="Comparisons without a better one: left out, or in both orders with margin 0.",
    )
    aspect = serializers.CharField(
        default="",
        max_length=40,
        help_text="Only preferences in this one aspect; empty: preferences on the whole.",
    )
    revisions = serializers.BooleanField(
        default=False,
        help_text="Corrected or rewritten completions count as preferred to the originals.",
    )


class ProjectExport(APIView):
    """The evidence of a project, as it is now."""

    @extend_schema(operation_id="projects_export", parameters=[ExportIn], responses=LINES)
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """All judgments that count, as JSON lines."""
        project = get_project(request.user, slug, Ability.MANAGE)
        return _streamed(request, evidence_of(project), project.slug, gold_rows(project))


class SnapshotExport(APIView):
    """The evidence of a snapshot."""

    @extend_schema(operation_id="snapshots_export", parameters=[ExportIn], responses=LINES)
    def get(self, request: Request, pk: int) -> StreamingHttpResponse:
        """What was frozen, as JSON lines."""
        snapshot = selectors.find_snapshot(request.user, pk, Ability.MANAGE)
        stem = f"{snapshot.project.slug}-{snapshot.digest[:12]}"
        return _streamed(request, selectors.snapshot_evidence(snapshot), stem)


def _streamed(
    request: Request,
    evidence: Iterable[Evidence],
    stem: str,
    golds: Iterable[Mapping[str, Any]] = (),
) -> StreamingHttpResponse:
    options = parsed(ExportIn, request.query_params.dict())
    export = get_export(options.pop("format"))
    lines = iter(export.lines(evidence, ExportOptions(**options)))
    # The first line is made at once, so that a missing file is an error and not half a download.
    begun = chain(list(islice(lines, 1)), lines, export.known(golds))
    response = StreamingHttpResponse(begun, content_type=export.media_type)
    name = f"{stem}-{export.name}.{export.extension}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
