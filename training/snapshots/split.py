"""Which side of the split a prompt is on: decided by its messages alone, and so for ever."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

Split = Literal["train", "test"]


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON, keys sorted, no spaces: equal values have equal bytes. Refuses infinities."""
    text = json.dumps(
        value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return text.encode()


def split_of(messages: Iterable[Mapping[str, str]], share: float) -> Split:
    """`test` for about `share` of all prompts, `train` for the others.

    The SHA-256 of the canonical messages, read as a fraction of its range, is compared with the
    share: there is no seed, and a larger share keeps every prompt that a smaller one held out.
    """
    digest = hashlib.sha256(canonical_json([dict(message) for message in messages])).digest()
    return "test" if int.from_bytes(digest[:8], "big") < share * 2**64 else "train"
