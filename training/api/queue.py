"""The queue's settings and its order over REST; another order is worked out by a job."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.base import Input, parsed, user_of
from feedback.ordering.base import OrderName
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.services import queue_settings
from training import services
from training.api.base import JobOut, nudge_later, queued

ORDERS = OrderName.__args__  # type: ignore[attr-defined]


class ExamField(Input):
    """Gold items to be passed before real work."""

    items = serializers.IntegerField(min_value=1, max_value=200)
    share = serializers.FloatField(required=False, default=0.8, min_value=0, max_value=1)


class QueueIn(Input):
    """The whole of the queue's settings; what is left out has its default."""

    order = serializers.ChoiceField(choices=ORDERS, required=False)
    gold_rate = serializers.FloatField(required=False, min_value=0, max_value=0.5)
    repeat_rate = serializers.FloatField(required=False, min_value=0, max_value=0.2)
    daily_quota = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=100_000
    )
    ceiling = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=100)
    exam = ExamField(required=False, allow_null=True)


class Queue(APIView):
    """Who is asked what in a project, and when."""

    @extend_schema(operation_id="queue_retrieve", responses=QueueIn)
    def get(self, request: Request, slug: str) -> Response:
        """The settings, with the defaults of what was never set."""
        project = get_project(request.user, slug, Ability.VIEW)
        return Response(queue_settings(project).model_dump(mode="json"))

    @extend_schema(operation_id="queue_update", request=QueueIn, responses=QueueIn)
    def put(self, request: Request, slug: str) -> Response:
        """Replace the settings. Another order or ceiling starts the job that makes it hold for what is there."""
        project = get_project(request.user, slug, Ability.MANAGE)
        said, job = services.save_queue(project, parsed(QueueIn, request.data), user_of(request))
        if job is not None:
            nudge_later(job)
        return Response(said.model_dump(mode="json"))


class QueueOrder(APIView):
    """The order in which a project's open items come."""

    @extend_schema(operation_id="queue_order", request=None, responses={202: JobOut})
    def post(self, request: Request, slug: str) -> Response:
        """Queue a job that works the order out for all items that wait, as the queue's settings say."""
        project = get_project(request.user, slug, Ability.MANAGE)
        return queued(services.start_ordering(project, user_of(request)))
