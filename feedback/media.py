"""Images as completions: what `media` may say, read strictly; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from feedback.errors import InvalidInput

LONGEST_URL = 2000
LONGEST_ALT = 2000
LARGEST_SIDE = 100_000  # pixels
FIELDS = ("type", "url", "sha256", "alt", "width", "height")
DIGEST = re.compile(r"[0-9a-f]{64}")


def read_media(media: Any) -> dict[str, Any]:
    """`{"type": "image", "url" or "sha256", "alt"?, "width"?, "height"?}`, checked, in this order.

    Raises InvalidInput `bad_media`; whether an image of that digest was uploaded is not seen here.
    """
    if not isinstance(media, Mapping) or media.get("type") != "image":
        raise bad_media('it is not {"type": "image", ...}')
    strange = sorted(str(name) for name in set(media) - set(FIELDS))
    if strange:
        raise bad_media(f"it has a field '{strange[0]}', which an image has not")
    said = {name: media[name] for name in FIELDS if media.get(name) not in (None, "")}
    if ("url" in said) == ("sha256" in said):
        raise bad_media("it needs either a url or the sha256 of an uploaded image")
    if "url" in said:
        _check_url(said["url"])
    elif not isinstance(said["sha256"], str) or not DIGEST.fullmatch(said["sha256"]):
        raise bad_media("its sha256 is not 64 hexadecimal digits in small letters")
    _check_rest(said)
    return said


def image_from_text(text: str) -> dict[str, Any]:
    """An image named by one text, as files name it: an https address, or the SHA-256 of an upload."""
    name = "sha256" if DIGEST.fullmatch(text) else "url"
    return read_media({"type": "image", name: text})


def bad_media(why: str) -> InvalidInput:
    """The error for media that cannot be an image of a completion."""
    return InvalidInput(
        f"This image cannot be used: {why}.",
        code="bad_media",
        hint='Give {"type": "image", "url": "https://..."}, or upload it and give its sha256.',
    )


def _check_url(url: Any) -> None:
    if not isinstance(url, str) or len(url) > LONGEST_URL:
        raise bad_media(f"its url is not a text of at most {LONGEST_URL} characters")
    if not url.isascii() or not url.isprintable() or set(url) & set(' "<>\\^`{|}'):
        raise bad_media("its url holds characters that must be percent-encoded")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # reading the port checks it
    except ValueError:
        raise bad_media("its url cannot be read") from None
    if parts.scheme != "https" or not host:
        raise bad_media("its url does not begin with https:// and a host")
    if "@" in parts.netloc:
        raise bad_media("its url carries a user name")


def _check_rest(said: Mapping[str, Any]) -> None:
    alt = said.get("alt", "")
    if not isinstance(alt, str) or len(alt) > LONGEST_ALT or "\x00" in alt:
        raise bad_media(f"its alt is not a text of at most {LONGEST_ALT} characters")
    for side in ("width", "height"):
        pixels = said.get(side, 1)
        if isinstance(pixels, bool) or not isinstance(pixels, int):
            raise bad_media(f"its {side} is not a whole number of pixels")
        if not 1 <= pixels <= LARGEST_SIDE:
            raise bad_media(f"its {side} is not between 1 and {LARGEST_SIDE} pixels")
