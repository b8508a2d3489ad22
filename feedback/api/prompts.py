"""Prompts: listed, and added one by one or by the thousand."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import services
from feedback.api.base import Input, ProjectList, Stored, TextField, parsed, store_rows
from feedback.models import Project, Prompt
from feedback.permissions import Ability
from feedback.services.checks import LONGEST, ROLES


class MessageField(Input):
    """One message of a conversation."""

    role = serializers.ChoiceField(choices=ROLES)
    content = TextField(allow_blank=True, max_length=LONGEST)


class PromptIn(Input):
    """A conversation so far: `messages`, or `prompt` for a single message of the user."""

    messages = MessageField(many=True, required=False)
    prompt = TextField(required=False, max_length=LONGEST)
    external_id = TextField(required=False, allow_null=True, max_length=200)
    tags = serializers.ListField(child=TextField(max_length=200), required=False, max_length=100)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of the two ways to say it."""
        if ("messages" in attrs) == ("prompt" in attrs):
            raise ValidationError("Give either messages or prompt.")
        return attrs


class PromptOut(serializers.ModelSerializer[Prompt]):
    """A stored prompt."""

    messages = MessageField(many=True)
    tags = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Prompt
        fields = ("id", "external_id", "messages", "tags", "created")


class ErrorOut(serializers.Serializer[Any]):
    """Why something was refused; the one shape of errors."""

    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()
    details = serializers.ListField(child=serializers.DictField())


class RowOutcomeOut(serializers.Serializer[Any]):
    """What became of one row of a list."""

    row = serializers.IntegerField(help_text="From 0.")
    status = serializers.ChoiceField(choices=("created", "same", "refused"))
    id = serializers.IntegerField(allow_null=True)
    error = ErrorOut(allow_null=True)


class RowsOut(serializers.Serializer[Any]):
    """What became of a list of rows, each stored whole or refused by itself."""

    created = serializers.IntegerField()
    same = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = RowOutcomeOut(many=True)


def one_or_many(name: str, one: type[Any], *, many_of: type[Any] | None = None) -> Any:
    """The schema of a body that is one object, or a list of them (or the list's outcome)."""
    other = many_of(many=False) if many_of else one(many=True)
    return PolymorphicProxySerializer(
        component_name=name, serializers=[one(), other], resource_type_field_name=None, many=False
    )


class Prompts(ProjectList[Prompt]):
    """The prompts of a project."""

    queryset = Prompt.objects.none()
    serializer_class = PromptOut

    def rows(self, project: Project) -> QuerySet[Prompt]:
        """Those that are not withdrawn."""
        prompts = Prompt.objects.filter(project=project, withdrawn_at=None)
        wanted = self.asked("external_id")
        return prompts if wanted is None else prompts.filter(external_id=wanted)

    @extend_schema(operation_id="prompts_list", parameters=[OpenApiParameter("external_id", str)])
    def get(self, request: Request, slug: str) -> Response:
        """The project's prompts, newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="prompts_create",
        request=one_or_many("PromptsIn", PromptIn),
        responses={200: one_or_many("PromptsOut", PromptOut, many_of=RowsOut), 201: PromptOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Add one prompt, or a list in which every row is stored or refused by itself.

        One that is there already is the same prompt: equal messages, or an equal external id with equal messages.
        """
        project = self.project(Ability.MANAGE)
        return store_rows(request, lambda row: _store(project, row))


def messages_of(fields: dict[str, Any]) -> list[dict[str, str]]:
    """The conversation, from either way to say it."""
    if "prompt" in fields:
        return [{"role": "user", "content": fields["prompt"]}]
    return [dict(message) for message in fields["messages"]]


def _store(project: Project, row: Any) -> Stored:
    fields = parsed(PromptIn, row)
    prompt, new = services.add_prompt(
        project,
        messages_of(fields),
        external_id=fields.get("external_id"),
        tags=fields.get("tags", ()),
    )
    return new, PromptOut(prompt).data
