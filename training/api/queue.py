"""The queue's order over REST: worked out anew by a job."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.base import user_of
from feedback.permissions import Ability
from feedback.selectors import get_project
from training import services
from training.api.base import JobOut, queued


class QueueOrder(APIView):
    """The order in which a project's open items come."""

    @extend_schema(operation_id="queue_order", request=None, responses={202: JobOut})
    def post(self, request: Request, slug: str) -> Response:
        """Queue a job that works the order out for all items that wait, as the queue's settings say."""
        project = get_project(request.user, slug, Ability.MANAGE)
        return queued(services.start_ordering(project, user_of(request)))
