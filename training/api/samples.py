"""Samples: what policies answered, and jobs that sample many prompts."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from feedback.api.base import IdField, Input, KindsField, ProjectList, parsed, user_of
from feedback.api.prompts import MessageField, messages_of
from feedback.errors import NotFound
from feedback.models import Project, Prompt
from feedback.permissions import Ability
from feedback.services import add_prompt, normalise_kinds
from training import selectors, services
from training.api.base import JobOut, queued
from training.models import Generation


class SampleOut(serializers.ModelSerializer[Generation]):
    """A stored completion and how it was sampled."""

    prompt = serializers.IntegerField(source="completion.prompt_id")
    text = serializers.CharField(source="completion.text")
    policy_name = serializers.CharField(source="policy.name")
    parameters = serializers.DictField()

    class Meta:
        model = Generation
        fields = (
            "id",
            "prompt",
            "completion",
            "text",
            "policy",
            "policy_name",
            "parameters",
            "seed",
            "logprob",
            "tokens",
            "finish_reason",
            "created",
        )


@extend_schema_field({"$ref": "#/components/schemas/SamplingParams"})
class SamplingField(serializers.DictField):
    """Temperature and its kin; sampling itself checks them."""


class SamplesIn(Input):
    """One or two policies and what they are to answer: stored `prompts`, or one typed here."""

    policies = serializers.ListField(child=IdField(), min_length=1, max_length=2)
    prompts = serializers.ListField(child=IdField(), required=False, max_length=100_000)
    messages = MessageField(many=True, required=False)
    prompt = serializers.CharField(required=False, trim_whitespace=False)
    sampling = SamplingField(required=False)
    kinds = KindsField(
        required=False, help_text="Ask blind items of these kinds about the samples."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """At most one way to say what is answered; all prompts by default."""
        if len({"prompts", "messages", "prompt"} & set(attrs)) > 1:
            raise ValidationError("Give one of prompts, messages and prompt, or none for all.")
        return attrs


class Samples(ProjectList[Generation]):
    """The samples of a project."""

    queryset = Generation.objects.none()
    serializer_class = SampleOut

    def rows(self, project: Project) -> QuerySet[Generation]:
        """All of them."""
        return selectors.samples_of(project)

    @extend_schema(operation_id="samples_list")
    def get(self, request: Request, slug: str) -> Response:
        """The project's samples, newest first."""
        return self.list(request)

    @extend_schema(operation_id="samples_create", request=SamplesIn, responses={202: JobOut})
    @transaction.atomic
    def post(self, request: Request, slug: str) -> Response:
        """Queue the sampling of prompts, and of blind items about the samples if kinds are named."""
        project = self.project(Ability.SAMPLE)
        fields = parsed(SamplesIn, request.data)
        job = services.start_sampling(
            project,
            user_of(request),
            policies=selectors.get_policies(project, fields["policies"]),
            sampling=fields.get("sampling", {}),
            prompts=_prompts(project, fields),
            kinds=normalise_kinds(fields.get("kinds", ())),
        )
        return queued(job)


def _prompts(project: Project, fields: dict[str, Any]) -> list[int] | None:
    if "messages" in fields or "prompt" in fields:
        return [add_prompt(project, messages_of(fields))[0].pk]
    if "prompts" not in fields:
        return None
    wanted = set(fields["prompts"])
    here = Prompt.objects.filter(project=project, withdrawn_at=None, pk__in=wanted)
    missing = wanted - set(here.values_list("pk", flat=True))
    if missing:
        raise NotFound(f"There is no prompt {min(missing)} here.", code="unknown_prompt")
    return sorted(wanted)
