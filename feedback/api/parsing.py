"""Bodies of requests: JSON whose text can be stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from feedback.errors import InvalidInput
from feedback.texts import Flaw, flaw_of

CODES = {
    Flaw.NUL: "nul_character",
    Flaw.SURROGATE: "bad_unicode",
    Flaw.DEPTH: "nested_too_deeply",
}


def check_storable(value: Any) -> None:
    """Raises InvalidInput `nul_character`, `bad_unicode` or `nested_too_deeply` for what no database holds."""
    flaw = flaw_of(value)
    if flaw is not None:
        raise InvalidInput(flaw.value, code=CODES[flaw])


class JSONParser(parsers.JSONParser):
    """JSON whose text can be stored. The rows of a list are checked one by one, by their view."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The body; raises ParseError, and InvalidInput as `check_storable` does."""
        try:
            body = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError(Flaw.DEPTH.value) from None
        if not isinstance(body, list):
            check_storable(body)
        return body
