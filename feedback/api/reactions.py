"""Thumbs in use: what another application showed to its users, and how they reacted."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback import services
from feedback.api.base import Input, TextField, parsed, user_of
from feedback.api.completions import MediaField
from feedback.api.prompts import MessageField, messages_of
from feedback.models import Annotator, Completion, Project
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.selectors.reactions import Reaction, get_completion, impressions_of, reaction_of
from feedback.services.checks import LONGEST
from feedback.services.reactions import LONGEST_KEY, LONGEST_NAME

VIEWER = (
    "Whoever it was shown to, by a name that the application chooses and keeps: a pseudonym, as it leaves the "
    "project with exports. Without one it is the token's user."
)


class Keyed(Input):
    """What every report of a use says: who, and the client's own key."""

    viewer = TextField(
        required=False, allow_blank=True, default="", max_length=LONGEST_NAME, help_text=VIEWER
    )
    key = TextField(max_length=LONGEST_KEY, help_text="The client's own; a repeat counts once.")


class UsedCompletionIn(Input):
    """The answer that was shown; the label says what wrote it, the parameters how."""

    text = TextField(required=False, default="", allow_blank=True, max_length=LONGEST)
    media = MediaField(required=False, allow_null=True, default=None)
    label = TextField(max_length=200)  # type: ignore[assignment]  # a field may have this name
    parameters = serializers.DictField(
        required=False, help_text="Such as temperature; kept as given."
    )


class ShownNewIn(Keyed):
    """A conversation (`messages`, or `prompt` for a single one), and the answer that was shown."""

    messages = MessageField(many=True, required=False)
    prompt = TextField(required=False, max_length=LONGEST)
    completion = UsedCompletionIn()
    completion_id = TextField(
        required=False,
        allow_null=True,
        max_length=LONGEST_NAME,
        help_text="The application's own id of the answer; the same id under the same prompt is the same answer.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of the two ways to say the conversation."""
        if ("messages" in attrs) == ("prompt" in attrs):
            raise ValidationError("Give either messages or prompt.")
        return attrs


class ThumbIn(Keyed):
    """A thumb; `desirable` null takes the viewer's thumb back."""

    desirable = serializers.BooleanField(allow_null=True)
    tags = serializers.ListField(
        child=TextField(max_length=40), required=False, default=list, max_length=12
    )
    reason = TextField(required=False, allow_blank=True, default="", max_length=10_000)


class ShownNewOut(serializers.Serializer[Any]):
    """The stored completion, and how often it was shown by now."""

    completion = serializers.IntegerField()
    impressions = serializers.IntegerField()


class ThumbOut(serializers.Serializer[Any]):
    """What the viewer says of the completion now; null where nothing is said (any more)."""

    completion = serializers.IntegerField()
    annotator = serializers.CharField()
    desirable = serializers.BooleanField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    reason = serializers.CharField(allow_blank=True)
    judgment = serializers.IntegerField(allow_null=True)


class ShownNew(APIView):
    """Completions that are stored as they are shown."""

    @extend_schema(
        operation_id="shown_create",
        request=ShownNewIn,
        responses={201: ShownNewOut, 200: ShownNewOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Store a completion that was shown to somebody, with the conversation before it, and the impression.

        201 stored, 200 known by its `completion_id` or the key.
        """
        project = get_project(request.user, slug, Ability.MANAGE)
        fields = parsed(ShownNewIn, request.data)
        said = fields["completion"]
        origin = {"label": said["label"]}
        if "parameters" in said:
            origin["parameters"] = said["parameters"]
        completion, new = services.show_new(
            project,
            messages_of(fields),
            services.NewCompletion(said["text"], origin, said["media"]),
            key=fields["key"],
            external_id=fields.get("completion_id"),
            viewer=_viewer(request, project, fields["viewer"]).pseudonym,
        )
        return Response(_counted(completion), status=201 if new else 200)


class ShownAgain(APIView):
    """A stored completion that is shown."""

    @extend_schema(operation_id="shown_again", request=Keyed, responses=ShownNewOut)
    def post(self, request: Request, pk: int) -> Response:
        """Count an impression, once for each key."""
        completion = get_completion(request.user, pk, Ability.MANAGE)
        fields = parsed(Keyed, request.data)
        viewer = _viewer(request, completion.prompt.project, fields["viewer"])
        services.show_again(completion, key=fields["key"], viewer=viewer.pseudonym)
        return Response(_counted(completion))


class Thumbs(APIView):
    """The thumb of one viewer about one completion."""

    @extend_schema(operation_id="thumbs_set", request=ThumbIn, responses=ThumbOut)
    def post(self, request: Request, pk: int) -> Response:
        """Store a thumb up or down in place of the viewer's older one; `desirable` null takes it back."""
        completion = get_completion(request.user, pk, Ability.MANAGE)
        fields = parsed(ThumbIn, request.data)
        viewer = _viewer(request, completion.prompt.project, fields["viewer"])
        new = services.NewReaction(
            fields["desirable"], fields["key"], tuple(fields["tags"]), fields["reason"]
        )
        return Response(_told(completion, viewer, services.react(completion, viewer, new)))

    @extend_schema(
        operation_id="thumbs_take_back",
        parameters=[OpenApiParameter("viewer", str, description=VIEWER)],
        responses={204: None},
    )
    def delete(self, request: Request, pk: int) -> Response:
        """Take the viewer's thumb back; it no longer counts. Nothing happens where there is none."""
        completion = get_completion(request.user, pk, Ability.MANAGE)
        asked = TextField(allow_blank=True).run_validation(request.query_params.get("viewer", ""))
        viewer = _viewer(request, completion.prompt.project, asked)
        standing = reaction_of(completion, viewer)
        if standing is not None:
            key = f"take back {standing.judgment.pk}"
            services.react(completion, viewer, services.NewReaction(None, key))
        return Response(status=204)


def _viewer(request: Request, project: Project, name: str) -> Annotator:
    if name:
        return services.viewer_named(project, name)
    return services.annotator_for_user(project, user_of(request))


def _counted(completion: Completion) -> dict[str, int]:
    return {"completion": completion.pk, "impressions": impressions_of(completion)}


def _told(completion: Completion, viewer: Annotator, now: Reaction | None) -> dict[str, Any]:
    return {
        "completion": completion.pk,
        "annotator": viewer.pseudonym,
        "desirable": None if now is None else now.desirable,
        "tags": [] if now is None else now.tags,
        "reason": "" if now is None else now.reason,
        "judgment": None if now is None else now.judgment.pk,
    }
