"""Exports: evidence of a project or a snapshot as a file, streamed row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe
from pydantic import ValidationError

from feedback.complaints import field_errors
from feedback.errors import InvalidInput
from feedback.evidence import Evidence
from feedback.exports import ExportOptions, get_export
from feedback.permissions import Ability
from feedback.selectors import evidence_of, get_project
from feedback.selectors.gold import gold_rows
from feedback.views.requests import MemberRequest
from training import selectors


@login_required
@require_safe
def project_export(request: MemberRequest, slug: str) -> StreamingHttpResponse:
    """All judgments of the project that count, as they are now."""
    project = get_project(request.user, slug, Ability.MANAGE)
    return _streamed(request, evidence_of(project), project.slug, gold_rows(project))


@login_required
@require_safe
def snapshot_export(request: MemberRequest, slug: str, pk: int) -> StreamingHttpResponse:
    """The evidence of a snapshot."""
    project = get_project(request.user, slug, Ability.MANAGE)
    snapshot = selectors.get_snapshot(project, pk)
    stem = f"{project.slug}-{snapshot.digest[:12]}"
    return _streamed(request, selectors.snapshot_evidence(snapshot), stem)


def _streamed(
    request: HttpRequest,
    evidence: Iterable[Evidence],
    stem: str,
    golds: Iterable[Mapping[str, Any]] = (),
) -> StreamingHttpResponse:
    export = get_export(request.GET.get("format", "native"))
    lines = iter(export.lines(evidence, _options(request)))
    # The first line is made at once, so that files that are missing are an error and not half a file.
    begun = chain(list(islice(lines, 1)), lines, export.known(golds))
    response = StreamingHttpResponse(begun, content_type=export.media_type)
    name = f"{stem}-{export.name}.{export.extension}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _options(request: HttpRequest) -> ExportOptions:
    asked = {name: request.GET[name] for name in ExportOptions.model_fields if name in request.GET}
    try:
        return ExportOptions.model_validate(asked)
    except ValidationError as error:
        details = field_errors(error)
        raise InvalidInput(
            f"The option '{details[0]['where']}' does not fit: {details[0]['message']}",
            code="invalid_export_options",
            details=details,
        ) from error
