"""Quality over REST: the newest report, its renewal, and one annotator's figures."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.base import user_of
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.selectors.personal import MEDIA_TYPE, annotator_for_export, personal_file
from feedback.selectors.quality import annotator_for_reader, figures_of, newest_report
from training import services
from training.api.base import JobOut, queued
from training.selectors import newest_quality_job


class QualityOut(serializers.Serializer[Any]):
    """The newest report with its age, and the newest job that makes one."""

    created = serializers.DateTimeField(allow_null=True)
    age_seconds = serializers.FloatField(allow_null=True)
    report = serializers.DictField(
        allow_null=True,
        help_text="Annotators by id; figures with their 95 % intervals: value, low, high, n.",
    )
    job = JobOut(allow_null=True)


class AnnotatorQualityOut(serializers.Serializer[Any]):
    """One annotator's figures in the newest report."""

    annotator = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field may have this name
    created = serializers.DateTimeField(allow_null=True)
    figures = serializers.DictField(allow_null=True)


class Quality(APIView):
    """The quality of a project's judgments."""

    @extend_schema(operation_id="quality_retrieve", responses=QualityOut)
    def get(self, request: Request, slug: str) -> Response:
        """The newest report as it was stored; all null while there is none."""
        project = get_project(request.user, slug, Ability.VIEW)
        report, job = newest_report(project), newest_quality_job(project)
        age = (timezone.now() - report.created).total_seconds() if report else None
        body = {
            "created": report and report.created,
            "age_seconds": age,
            "report": report and report.data,
            "job": job,
        }
        return Response(QualityOut(body).data)

    @extend_schema(operation_id="quality_create", request=None, responses={202: JobOut})
    def post(self, request: Request, slug: str) -> Response:
        """Queue a new report, or answer with the job that already makes one."""
        project = get_project(request.user, slug, Ability.TRAIN)
        return queued(services.start_quality_report(project, user_of(request)))


class AnnotatorQuality(APIView):
    """One annotator's figures, for themselves and for those who may see judgments."""

    @extend_schema(operation_id="annotator_quality_retrieve", responses=AnnotatorQualityOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """The figures; null while no report was made."""
        project = get_project(request.user, slug, Ability.JUDGE)
        annotator = annotator_for_reader(request.user, project, pk)
        report = newest_report(project)
        body = {
            "annotator": annotator.pk,
            "source": annotator.source,
            "created": report and report.created,
            "figures": report and figures_of(report, annotator),
        }
        return Response(AnnotatorQualityOut(body).data)


class AnnotatorData(APIView):
    """What is stored of one annotator."""

    @extend_schema(
        operation_id="annotator_data_retrieve",
        responses={(200, MEDIA_TYPE): OpenApiTypes.STR},
    )
    def get(self, request: Request, slug: str, pk: int) -> StreamingHttpResponse:
        """Everything as JSON lines, for the annotator and for owners."""
        project = get_project(request.user, slug, Ability.JUDGE)
        annotator = annotator_for_export(request.user, project, pk)
        return StreamingHttpResponse(personal_file(annotator), content_type=MEDIA_TYPE)

    @extend_schema(operation_id="annotator_data_erase", request=None, responses={202: JobOut})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Queue the erasing of answers, drafts, name and lines in snapshots. It cannot be undone."""
        project = get_project(request.user, slug, Ability.MANAGE)
        annotator = annotator_for_reader(request.user, project, pk)
        return queued(services.start_erasure(annotator, user_of(request)))
