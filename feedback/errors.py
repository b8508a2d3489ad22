"""The one hierarchy of errors that users see: a stable code, a message, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class TouchstoneError(Exception):
    """An error that a user can understand and mend.

    `code` is stable: programs may match on it. `hint` says what to do next. `details` names the places
    (one mapping per place: `{"where": "line 3", "code": ..., "message": ...}`).
    """

    default_code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str = "",
        details: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.hint = hint
        self.details = [dict(detail) for detail in details]

    def as_json(self) -> dict[str, Any]:
        """The one shape in which errors leave the product: REST bodies and job rows alike."""
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "details": self.details,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.as_json()))


def _rebuild(cls: type[TouchstoneError], body: dict[str, Any]) -> TouchstoneError:
    return cls(body["message"], code=body["code"], hint=body["hint"], details=body["details"])


class InvalidInput(TouchstoneError):
    """What was sent does not fit: HTTP 400."""

    default_code = "invalid_input"


class NotAllowed(TouchstoneError):
    """The user's role does not permit it: HTTP 403."""

    default_code = "not_allowed"


class NotFound(TouchstoneError):
    """There is no such thing, or the user may not know that there is: HTTP 404."""

    default_code = "not_found"


class Conflict(TouchstoneError):
    """It contradicts what is stored already: HTTP 409."""

    default_code = "conflict"


class Unavailable(TouchstoneError):
    """A part that is needed is not running or did not answer: HTTP 503."""

    default_code = "unavailable"
