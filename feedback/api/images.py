"""Images: uploaded once, and named by their digest in completions."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback import services
from feedback.api.base import Input, parsed
from feedback.models import Image
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.selectors.images import image_address


class ImageIn(Input):
    """A PNG, JPEG, WebP or GIF."""

    file = serializers.FileField(allow_empty_file=True)


class ImageOut(serializers.ModelSerializer[Image]):
    """An uploaded image; completions name it by `{"type": "image", "sha256": ...}`."""

    sha256 = serializers.CharField(source="digest")
    url = serializers.SerializerMethodField(help_text="Where members of the project see it.")

    class Meta:
        model = Image
        fields = ("sha256", "url", "media_type", "width", "height", "created")

    def get_url(self, image: Image) -> str:
        """On this server, from its root."""
        return image_address(image.project, image.digest)


class Images(APIView):
    """The images of a project."""

    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="images_create",
        request={"multipart/form-data": ImageIn},
        responses={201: ImageOut, 200: ImageOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Upload an image: 201, or 200 when the same file is there already.

        What it is and how large is told by decoding it, whatever its name says.
        """
        project = get_project(request.user, slug, Ability.MANAGE)
        upload: Any = parsed(ImageIn, request.data)["file"]
        image, new = services.add_image(project, upload.file)
        return Response(ImageOut(image).data, status=201 if new else 200)
