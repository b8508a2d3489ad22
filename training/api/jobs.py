"""Jobs: watched, cancelled and resumed."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.base import Input
from feedback.api.paging import CursorPagination
from feedback.permissions import Ability
from training import selectors, services
from training.api.base import JobOut, queued
from training.models import Job, JobState, Metric, Queue
from training.operations import OPERATIONS


class JobFilters(Input):
    """Which jobs to list."""

    project = serializers.CharField(required=False, source="project__slug")
    owner = serializers.CharField(required=False, source="owner__username")
    operation = serializers.ChoiceField(required=False, choices=sorted(OPERATIONS))
    state = serializers.ChoiceField(required=False, choices=JobState.choices)
    queue = serializers.ChoiceField(required=False, choices=Queue.choices)


class Jobs(ListModelMixin, GenericAPIView[Job]):
    """Jobs over all projects."""

    queryset = Job.objects.none()
    serializer_class = JobOut

    def get_queryset(self) -> QuerySet[Job]:
        """Those of the user's projects, as filtered."""
        names = JobFilters().fields
        asked = {k: v for k, v in self.request.query_params.items() if k in names}
        filters = JobFilters(data=asked)
        filters.is_valid(raise_exception=True)
        return selectors.jobs_of(self.request.user).filter(**filters.validated_data)

    @extend_schema(operation_id="jobs_list", parameters=[JobFilters])
    def get(self, request: Request) -> Response:
        """The jobs of all projects that the user owns or reviews, newest first; staff see all."""
        return self.list(request)


class JobDetail(APIView):
    """One job."""

    @extend_schema(operation_id="jobs_retrieve", responses=JobOut)
    def get(self, request: Request, pk: int) -> Response:
        """State, progress, result or error."""
        return Response(JobOut(selectors.get_job(request.user, pk, Ability.VIEW)).data)


class CancelJob(APIView):
    """Stops a job."""

    @extend_schema(operation_id="jobs_cancel", request=None, responses={202: JobOut})
    def post(self, request: Request, pk: int) -> Response:
        """A queued job ends at once, a running one within seconds; what it saved stays."""
        job = selectors.get_job(request.user, pk, Ability.TRAIN)
        services.cancel_job(job)
        return Response(JobOut(job).data, status=202)


class ResumeJob(APIView):
    """Goes on with a job."""

    @extend_schema(operation_id="jobs_resume", request=None, responses={202: JobOut})
    def post(self, request: Request, pk: int) -> Response:
        """Queue a failed or cancelled job again; it goes on where it saved."""
        job = selectors.get_job(request.user, pk, Ability.TRAIN)
        services.resume_job(job)
        return queued(job)


class MetricOut(serializers.ModelSerializer[Metric]):
    """The numbers of one step."""

    values = serializers.DictField(child=serializers.FloatField(allow_null=True))

    class Meta:
        model = Metric
        fields = ("step", "values")


class MetricPages(CursorPagination):
    """Pages of metrics in the order of their steps."""

    ordering = "step"
    page_size = 1000
    max_page_size = 10_000


class JobMetrics(ListModelMixin, GenericAPIView[Metric]):
    """The metrics of one job."""

    queryset = Metric.objects.none()
    serializer_class = MetricOut
    pagination_class = MetricPages

    def get_queryset(self) -> QuerySet[Metric]:
        """One row a step, as they came."""
        if getattr(self, "swagger_fake_view", False):
            return Metric.objects.none()
        rows = selectors.get_job(self.request.user, self.kwargs["pk"], Ability.VIEW).metrics.all()
        after = serializers.IntegerField(min_value=-1, max_value=2**31 - 1).run_validation(
            self.request.query_params.get("after", -1)
        )
        return rows.filter(step__gt=after)

    @extend_schema(
        operation_id="jobs_metrics",
        parameters=[OpenApiParameter("after", int, description="Only steps after this one.")],
    )
    def get(self, request: Request, pk: int) -> Response:
        """Loss, margins and whatever else the job reports, step by step."""
        return self.list(request)


class LogOut(serializers.Serializer[Any]):
    """The end of a log."""

    log = serializers.CharField(allow_blank=True)


class JobLog(APIView):
    """The log of one job."""

    @extend_schema(operation_id="jobs_log", responses=LogOut)
    def get(self, request: Request, pk: int) -> Response:
        """The end of the job's log."""
        job = selectors.get_job(request.user, pk, Ability.VIEW)
        return Response({"log": selectors.job_log(job)})
