"""Policies: what a project can sample and train from."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback.api.base import Input, ProjectList, parsed
from feedback.models import Project
from feedback.permissions import Ability
from training import selectors, services
from training.models import Policy, PolicyKind


class RemoteIn(Input):
    """How a server is asked."""

    model = serializers.CharField(required=False, max_length=200)
    api_key_env = serializers.CharField(
        required=False, max_length=200, help_text="The variable on the server that holds the key."
    )


class PolicyIn(Input):
    """A model to sample: a directory or Hub id, or an OpenAI-compatible server by its base URL."""

    name = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=200, help_text="Or the location."
    )
    kind = serializers.ChoiceField(
        choices=[PolicyKind.LOCAL.value, PolicyKind.OPENAI.value], default=PolicyKind.LOCAL.value
    )
    location = serializers.CharField(max_length=500)
    settings = RemoteIn(required=False)


class PolicyOut(serializers.ModelSerializer[Policy]):
    """A policy; without a project it is everybody's."""

    project = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)
    settings = serializers.DictField()
    checkpoint = serializers.SerializerMethodField()

    class Meta:
        model = Policy
        fields = (
            "id",
            "project",
            "name",
            "kind",
            "location",
            "settings",
            "parent",
            "checkpoint",
            "created",
        )

    def get_checkpoint(self, policy: Policy) -> int | None:
        """The checkpoint that it is, if it was trained here."""
        made = getattr(policy, "checkpoint", None)
        return None if made is None else made.pk


class Policies(ProjectList[Policy]):
    """The policies of a project, and everybody's."""

    queryset = Policy.objects.none()
    serializer_class = PolicyOut

    def rows(self, project: Project) -> QuerySet[Policy]:
        """Those that are not archived."""
        return selectors.policies_of(project).select_related("project")

    @extend_schema(operation_id="policies_list")
    def get(self, request: Request, slug: str) -> Response:
        """What the project can sample, newest first."""
        return self.list(request)

    @extend_schema(operation_id="policies_create", request=PolicyIn, responses={201: PolicyOut})
    def post(self, request: Request, slug: str) -> Response:
        """Add a base model or a server."""
        project = self.project(Ability.MANAGE)
        policy = services.add_policy(project, **parsed(PolicyIn, request.data))
        return Response(PolicyOut(policy).data, status=201)
