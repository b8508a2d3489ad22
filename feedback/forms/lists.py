"""Lists as text that people write: one entry a line, cells between bars, or JSON where entries nest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms

BAR, PAIR, EQUALS = "|", ";", "="


class ListField(forms.CharField):
    """Base: a text area whose value is a list. Nothing written is an empty list."""

    def __init__(self, *, rows: int = 4, placeholder: str = "", **kwargs: Any) -> None:
        attrs = {"rows": rows, "class": "code", "spellcheck": "false", "placeholder": placeholder}
        attrs["wrap"] = "off"  # a line is an entry
        super().__init__(widget=forms.Textarea(attrs), **kwargs)

    def complaint(self, where: str, message: str) -> str:
        """A complaint about a part of the list, as somebody who looks at the text reads it."""
        number, _, part = where.partition(".")
        if not number.isdecimal():
            return message[:1].upper() + message[1:]
        place = f"{self.entry} {int(number) + 1}"
        return f"{place}, {part}: {message}" if part else f"{place}: {message}"

    entry = "Line"


class LinesField(ListField):
    """Short texts, one a line; empty lines count for nothing."""

    def prepare_value(self, value: Any) -> Any:
        """A list as lines; what was typed as it was typed."""
        return value if isinstance(value, str) or value is None else "\n".join(map(str, value))

    def to_python(self, value: Any) -> Any:
        """The lines, trimmed."""
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]


class RowsField(ListField):
    """Flat objects, one a line, their properties between bars in the order of the schema.

    A property that is an object of texts is written `key=text; key=text`. A backslash before a bar, a semicolon
    or an equals sign makes it a part of the text.
    """

    def __init__(self, *, properties: Mapping[str, Mapping[str, Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.properties = properties

    def prepare_value(self, value: Any) -> Any:
        """Objects as lines; what was typed as it was typed."""
        if isinstance(value, str) or value is None:
            return value
        return "\n".join(f" {BAR} ".join(self._cells(row)) for row in value)

    def to_python(self, value: Any) -> Any:
        """The lines as objects; cells that are empty or missing are left to the model's defaults."""
        lines = (line for line in str(value or "").splitlines() if line.strip())
        return [self._row(n, line) for n, line in enumerate(lines, 1)]

    def _cells(self, row: Mapping[str, Any]) -> Iterator[str]:
        for name in self.properties:
            value = row.get(name, "")
            if isinstance(value, Mapping):
                pairs = [f"{_escaped(k)}{EQUALS}{_escaped(v)}" for k, v in value.items()]
                yield f"{PAIR} ".join(pairs)
            else:
                yield _escaped(value)

    def _row(self, number: int, line: str) -> dict[str, Any]:
        cells = _split(line, BAR)
        if len(cells) > len(self.properties):
            raise forms.ValidationError(
                f"Line {number} has {len(cells)} parts between bars; {len(self.properties)} are known: "
                f"{', '.join(self.properties)}.",
                code="too_many_parts",
            )
        named = zip(self.properties, cells, strict=False)
        return {name: self._value(number, name, cell) for name, cell in named if cell}

    def _value(self, number: int, name: str, cell: str) -> Any:
        if self.properties[name].get("type") != "object":
            return _plain(cell)
        pairs: dict[str, str] = {}
        for part in filter(None, _split(cell, PAIR)):
            key, *rest = _split(part, EQUALS, 1)
            if not rest:
                raise forms.ValidationError(
                    f"Line {number}, {name}: “{_plain(part)}” is not written as key=text.",
                    code="no_pair",
                )
            pairs[_plain(key)] = _plain(rest[0])
        return pairs


class JsonListField(ListField):
    """Objects that hold lists or objects themselves, as JSON."""

    entry = "Entry"

    def prepare_value(self, value: Any) -> Any:
        """The list as indented JSON; what was typed as it was typed."""
        if isinstance(value, str) or value is None:
            return value
        return json.dumps(value, ensure_ascii=False, indent=2) if value else ""

    def to_python(self, value: Any) -> Any:
        """The list. Raises ValidationError that names line and column."""
        text = str(value or "").strip()
        if not text:
            return []
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise forms.ValidationError(f"Not JSON at {place}: {error.msg}.", code="json") from None
        except RecursionError:
            raise forms.ValidationError("This is nested too deeply.", code="json") from None
        if not _storable(found):
            raise forms.ValidationError("A NUL or half a character cannot be stored.", code="json")
        if not isinstance(found, list):
            raise forms.ValidationError("A list in square brackets is expected.", code="json")
        return found


def _storable(found: Any) -> bool:
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return "\\u0000" not in json.dumps(found)


def _escaped(value: Any) -> str:
    return re.sub(r"([\\|;=])", r"\\\1", " ".join(str(value).split()))


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text).strip()


def _split(text: str, mark: str, most: int = 0) -> Sequence[str]:
    """Split at marks that no backslash precedes; backslashes stay."""
    found: list[str] = []
    start = at = 0
    while at < len(text) and (not most or len(found) < most):
        if text[at] == "\\":
            at += 1
        elif text[at] == mark:
            found.append(text[start:at].strip())
            start = at + 1
        at += 1
    return [*found, text[start:].strip()]
