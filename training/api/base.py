"""What training's endpoints share: jobs as they are shown and queued."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.reverse import reverse

from feedback.api.prompts import ErrorOut
from feedback.errors import InvalidInput
from training import tasks
from training.models import Job

MODELS = {  # an OpenAPI schema
    "type": "object",
    "additionalProperties": {"$ref": "#/components/schemas/ModelChoice"},
}


class JobOut(serializers.ModelSerializer[Job]):
    """A job: what it does, how far it is, what it made or why it failed."""

    project = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)
    owner = serializers.SlugRelatedField[Any](
        slug_field="username", read_only=True, allow_null=True
    )
    percent = serializers.IntegerField()
    params = serializers.DictField()
    result = serializers.DictField()
    error = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = (
            "id",
            "project",
            "owner",
            "operation",
            "title",
            "queue",
            "state",
            "attempts",
            "done",
            "total",
            "percent",
            "message",
            "params",
            "result",
            "error",
            "created",
            "started_at",
            "finished_at",
        )

    @extend_schema_field(ErrorOut(allow_null=True))
    def get_error(self, job: Job) -> Any:
        """Null unless it failed."""
        return job.error or None


def nudge_later(job: Job) -> None:
    """A worker is woken once the job is surely stored."""
    transaction.on_commit(partial(tasks.nudge, job.queue))


def queued(job: Job) -> Response:
    """202 with the job and where it is."""
    nudge_later(job)
    return Response(
        JobOut(job).data, status=202, headers={"Location": reverse("api-job", args=[job.pk])}
    )


def mapping_body(data: Any) -> Mapping[str, Any]:
    """A body whose fields a pydantic model checks; raises InvalidInput for anything but an object."""
    if not isinstance(data, Mapping):
        raise InvalidInput("The body must be an object.", code="invalid_params")
    return data
