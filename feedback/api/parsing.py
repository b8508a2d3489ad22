"""Bodies of requests: JSON whose text can be stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from feedback.errors import InvalidInput


def check_storable(value: Any) -> None:
    """Raises InvalidInput for text that no database holds: a NUL, or half of a surrogate pair."""
    for text in _texts(value):
        if "\x00" in text:
            raise InvalidInput("The text contains a NUL character.", code="nul_character")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InvalidInput("The text is not valid Unicode.", code="bad_unicode") from None


def _texts(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            pending.extend((*value.keys(), *value.values()))
        elif isinstance(value, list):
            pending.extend(value)


class JSONParser(parsers.JSONParser):
    """JSON whose text can be stored. The rows of a list are checked one by one, by their view."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The body; raises ParseError, InvalidInput `nul_character` or `bad_unicode`."""
        try:
            body = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        if not isinstance(body, list):
            check_storable(body)
        return body
