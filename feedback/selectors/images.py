"""Reads about images: an uploaded one, and what a completion's media is to those who see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from feedback.errors import NotFound
from feedback.models import Image, Project


def get_image(project: Project, digest: str) -> Image:
    """An image that was uploaded to the project; raises NotFound `unknown_image`."""
    image = Image.objects.filter(project=project, digest=digest).first()
    if image is None:
        raise NotFound("There is no such image in this project.", code="unknown_image")
    return image


def image_address(project: Project, digest: str) -> str:
    """Where members of the project see an uploaded image, from the server's root."""
    return reverse("image", args=[project.slug, digest])


def shown_media(project: Project, media: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A completion's media with a `url`, an uploaded image's too; None where there is no image."""
    if media is None or "sha256" not in media:
        return None if media is None else dict(media)
    return {**media, "url": image_address(project, media["sha256"])}
