"""A pydantic model as a Django form: labels, help, bounds and defaults from its JSON schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from pydantic import BaseModel

from feedback.complaints import NAME
from feedback.forms.lists import JsonListField, LinesField, RowsField

_LOW = {"minimum": "at least", "exclusiveMinimum": "above"}
_HIGH = {"maximum": "at most", "exclusiveMaximum": "below"}


class SchemaForm(forms.Form):
    """Base of the forms that `schema_form` makes. The model itself validates; this only reads.

    `rare` are fields that the model marks `x-rare`: most people leave them as they are.
    """

    rare: ClassVar[frozenset[str]] = frozenset()

    def payload(self) -> dict[str, Any]:
        """What was typed, for the model; what was left empty is left out, so its default holds."""
        return {k: v for k, v in self.cleaned_data.items() if v not in (None, "")}


def schema_form(model: type[BaseModel]) -> type[SchemaForm]:
    """A form class with one field for each of the model's."""
    properties = model.model_json_schema().get("properties", {})
    rare = frozenset(name for name, body in properties.items() if body.get("x-rare"))
    return type(f"{model.__name__}Form", (SchemaForm,), {**schema_fields(model), "rare": rare})


def schema_fields(model: type[BaseModel]) -> dict[str, forms.Field]:
    """One field for each of the model's, by name."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    return {
        name: _field(name, _resolved(body, definitions), definitions)
        for name, body in schema.get("properties", {}).items()
    }


def _resolved(body: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The property without references, and without the `null` of an optional one (then `nullable`)."""
    flat = dict(body)
    if "$ref" in flat:
        flat = {**definitions[flat.pop("$ref").rsplit("/", 1)[-1]], **flat}
    if "anyOf" in flat:
        options = [option for option in flat.pop("anyOf") if option.get("type") != "null"]
        flat = {**_resolved(options[0], definitions), **flat, "nullable": True}
    return flat


def _field(name: str, body: Mapping[str, Any], definitions: Mapping[str, Any]) -> forms.Field:
    common: dict[str, Any] = {
        "label": _label(name, body),
        "help_text": _help(body),
        "initial": body.get("default"),
        "required": not body.get("nullable", False) and body.get("default") != "",
    }
    kind = body.get("type")
    if "enum" in body:
        labels = body.get("x-labels", {})
        choices = [(value, labels.get(value, words(str(value)))) for value in body["enum"]]
        return forms.ChoiceField(choices=choices, **common)
    if kind == "boolean":
        return forms.BooleanField(**{**common, "required": False})
    if kind in ("integer", "number"):
        return _number(str(kind), body, common)
    if kind == "array":
        return _list(_resolved(body["items"], definitions), definitions, common)
    return forms.CharField(max_length=body.get("maxLength"), **common)


def _list(
    entry: Mapping[str, Any], definitions: Mapping[str, Any], common: dict[str, Any]
) -> forms.Field:
    """Texts one a line, flat objects one a line, nested ones as JSON; how to write it is in the help."""
    said = {**common, "required": False}
    parts = {
        name: _resolved(body, definitions) for name, body in entry.get("properties", {}).items()
    }
    if not parts:
        said["help_text"] = f"{said['help_text']} One a line.".strip()
        return LinesField(names=entry.get("pattern") == NAME, **said)
    if any(part.get("type") == "array" for part in parts.values()):
        said["help_text"] = f"{said['help_text']} A list in JSON.".strip()
        return JsonListField(placeholder=_example(parts), rows=9, **said)
    columns = " | ".join(map(_column, parts, parts.values()))
    said["help_text"] = f"{said['help_text']} One a line: {columns}.".strip()
    return RowsField(properties=parts, rows=7, **said)


def _column(name: str, body: Mapping[str, Any]) -> str:
    return f"{name} (key=text; key=text)" if body.get("type") == "object" else name


def _example(parts: Mapping[str, Mapping[str, Any]]) -> str:
    """One entry as it could be written, as JSON."""
    by_type = {"array": ["…", "…"], "integer": 0, "number": 0, "boolean": False, "object": {}}
    entry = {name: by_type.get(str(body.get("type")), "…") for name, body in parts.items()}
    return json.dumps([entry], ensure_ascii=False, indent=2)


def _number(kind: str, body: Mapping[str, Any], common: dict[str, Any]) -> forms.Field:
    """The browser gets the bounds as hints only: the model's own complaint is the one shown."""
    attrs: dict[str, Any] = {"step": 1 if kind == "integer" else "any"}
    attrs |= {
        end: body[key] for end, key in (("min", "minimum"), ("max", "maximum")) if key in body
    }
    if common["initial"] is None and not common["required"]:
        attrs["placeholder"] = body.get("x-empty", "automatic")
    field = forms.IntegerField if kind == "integer" else forms.FloatField
    return field(widget=forms.NumberInput(attrs), **common)


def _label(name: str, body: Mapping[str, Any]) -> str:
    """The title that the model gives; pydantic's own, made of the name, is written as a sentence."""
    title = str(body.get("title", ""))
    automatic = name.replace("_", " ").title()
    return title if title and title != automatic else words(name)


def words(name: str) -> str:
    """`held_out` as `Held out`."""
    return name.replace("_", " ").strip().capitalize().replace("Lora", "LoRA")


def _help(body: Mapping[str, Any]) -> str:
    bounds = [
        f"{word} {body[key]:,}".replace(",", " ")
        for words in (_LOW, _HIGH)
        for key, word in words.items()
        if key in body
    ]
    sentence = f"{' and '.join(bounds).capitalize()}." if bounds else ""
    return f"{body.get('description', '')} {sentence}".strip()
