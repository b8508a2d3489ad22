"""Completions in bodies: new ones with text or an image, and stored ones in their place."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from feedback.api.base import IdField, Input, TextField, parsed
from feedback.models import ItemCompletion
from feedback.selectors.images import shown_media
from feedback.services.checks import LONGEST

MEDIA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"const": "image"},
        "url": {"type": "string", "format": "uri", "description": "https only."},
        "sha256": {"type": "string", "description": "Of an image uploaded to the project."},
        "alt": {"type": "string"},
        "width": {"type": "integer"},
        "height": {"type": "integer"},
    },
    "required": ["type"],
    "additionalProperties": False,
}


@extend_schema_field(MEDIA)
class MediaField(serializers.DictField):
    """An image in place of text, or beside it; the services say whether it can be used."""


class CompletionIn(Input):
    """A candidate answer: text, an image, or both; the label says in plain words what wrote it."""

    text = TextField(required=False, default="", allow_blank=True, max_length=LONGEST)
    media = MediaField(required=False, allow_null=True, default=None)
    label = TextField(required=False, allow_blank=True, default="", max_length=200)  # type: ignore[assignment]  # a field may have this name


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "description": "A stored completion."},
            {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "media": MEDIA,
                    "label": {"type": "string"},
                },
                "additionalProperties": False,
            },
        ]
    }
)
class CompletionField(serializers.Field[Any, Any, Any, Any]):
    """A completion by its id, or a new one."""

    def to_internal_value(self, data: Any) -> Any:
        """An id, or the fields of a new completion."""
        if isinstance(data, int):
            return IdField().run_validation(data)
        return parsed(CompletionIn, data)

    def to_representation(self, value: Any) -> Any:
        """As it came."""
        return value


class ItemCompletionOut(serializers.ModelSerializer[ItemCompletion]):
    """A completion in its place; the label is null for those who may not know it (yet)."""

    id = serializers.IntegerField(source="completion.id")
    text = serializers.CharField(source="completion.text")
    media = serializers.SerializerMethodField(help_text="An image, with the url to see it at.")
    label = serializers.SerializerMethodField()  # type: ignore[assignment]  # a field may have this name

    class Meta:
        model = ItemCompletion
        fields = ("index", "id", "text", "media", "label")

    @extend_schema_field({**MEDIA, "type": ["object", "null"]})
    def get_media(self, slot: ItemCompletion) -> dict[str, Any] | None:
        """The image, if it is one."""
        return shown_media(self.context["project"], slot.completion.media)

    def get_label(self, slot: ItemCompletion) -> str | None:
        """What wrote it."""
        return slot.completion.label if self.context["names"] else None
