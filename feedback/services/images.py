"""Uploaded images: verified by decoding them, and stored once under their digest."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import IO

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from feedback.errors import InvalidInput
from feedback.models import Image, Project

MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # what phones write: a JPEG with more pictures behind the first
    "WEBP": "image/webp",
    "GIF": "image/gif",
}
READ = ("PNG", "JPEG", "WEBP", "GIF")
MOST_BYTES = 20 * 2**20
MOST_PIXELS = 50_000_000
ORIENTATION = 0x0112  # the Exif tag; from 5 on the picture lies on its side
ON_ITS_SIDE = range(5, 9)


def add_image(project: Project, file: IO[bytes]) -> tuple[Image, bool]:
    """The image and whether it is new; its type and size are those of the decoded picture.

    Raises InvalidInput `image_too_large`, `too_many_pixels`, `not_an_image`, `damaged_image`.
    """
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise InvalidInput(
            f"This image is larger than {MOST_BYTES // 2**20} MB.",
            code="image_too_large",
            hint="Make it smaller, or give its https address in place of the file.",
        )
    media_type, width, height = _decoded(data)
    digest = hashlib.sha256(data).hexdigest()
    known = Image.objects.filter(project=project, digest=digest).first()
    if known is not None:
        return known, False
    return _store(
        Image(project=project, digest=digest, media_type=media_type, width=width, height=height),
        data,
    )


def _store(image: Image, data: bytes) -> tuple[Image, bool]:
    image.file.save(image.digest, ContentFile(data), save=False)
    try:
        with transaction.atomic():
            image.save()
    except IntegrityError:  # another request stored the same image meanwhile
        image.file.delete(save=False)
        return Image.objects.get(project=image.project, digest=image.digest), False
    return image, True


def _decoded(data: bytes) -> tuple[str, int, int]:
    """(media type, width, height) as a browser shows it. Raises InvalidInput."""
    try:
        picture = Pillow.open(BytesIO(data), formats=READ)
        width, height = picture.size
        if width * height <= MOST_PIXELS:  # decode all of it, so that nothing is missing later
            picture.load()
    except Pillow.DecompressionBombError:
        raise _too_many_pixels() from None
    except UnidentifiedImageError:
        raise InvalidInput(
            "This file is no PNG, JPEG, WebP or GIF image.",
            code="not_an_image",
            hint="Only these formats are shown; SVG and HTML may carry scripts and are refused.",
        ) from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, MemoryError) as error:
        raise InvalidInput(
            f"This image cannot be decoded: {error}.",
            code="damaged_image",
            hint="The file may be cut off; save it again.",
        ) from None
    if width * height > MOST_PIXELS:
        raise _too_many_pixels()
    if picture.getexif().get(ORIENTATION) in ON_ITS_SIDE:
        width, height = height, width
    return MEDIA_TYPES[picture.format or ""], width, height


def _too_many_pixels() -> InvalidInput:
    return InvalidInput(
        f"This image has more than {MOST_PIXELS // 10**6} million pixels.",
        code="too_many_pixels",
        hint="Make it smaller.",
    )
