"""What is stored of texts, messages and images: checked, and else as received."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from feedback.errors import InvalidInput
from feedback.media import read_media
from feedback.models import Image, Project

ROLES = ("system", "user", "assistant", "tool")
LONGEST = 200_000


def check_messages(messages: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Messages as stored. Raises InvalidInput `bad_messages`, `empty_prompt`, `nul_character`."""
    if not isinstance(messages, list | tuple) or not messages:
        raise InvalidInput("A prompt needs at least one message.", code="empty_prompt")
    clean = [_check_message(n, message) for n, message in enumerate(messages)]
    if not clean[-1]["content"].strip():
        raise InvalidInput("The prompt's last message is empty.", code="empty_prompt")
    return clean


def check_text(text: Any, what: str) -> str:
    """Text as received; raises InvalidInput for what cannot be stored."""
    if not isinstance(text, str):
        raise InvalidInput(f"The {what} is not text.", code="not_text")
    if "\x00" in text:
        raise InvalidInput(f"The {what} contains a NUL character.", code="nul_character")
    if len(text) > LONGEST:
        raise InvalidInput(f"The {what} has over {LONGEST} characters.", code="too_long")
    return text


def check_media(
    project: Project, media: Any, images: Mapping[str, Image] | None = None
) -> dict[str, Any]:
    """Media as stored; an uploaded image has its size from the upload.

    `images` are the project's by digest, where they were read before.
    Raises InvalidInput `bad_media`, or `unknown_image` for a digest that was not uploaded to the project.
    """
    said = read_media(media)
    if "sha256" not in said:
        return said
    digest = said["sha256"]
    stored = Image.objects.filter(project=project, digest=digest)
    image = stored.first() if images is None else images.get(digest)
    if image is None:
        raise InvalidInput(
            f"No image {digest[:12]}… was uploaded to this project.",
            code="unknown_image",
            hint="Upload it first, and give the sha256 that the upload answers with.",
        )
    return said | {"width": image.width, "height": image.height}


def _check_message(n: int, message: Any) -> dict[str, str]:
    if not isinstance(message, Mapping) or message.get("role") not in ROLES:
        raise InvalidInput(
            f"Message {n} needs a role ({', '.join(ROLES)}) and a content.", code="bad_messages"
        )
    content = check_text(message.get("content"), f"content of message {n}")
    return {"role": message["role"], "content": content}
