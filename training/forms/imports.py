"""Import forms: the file, and which of its columns hold what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.forms import BoundField

from feedback.errors import InvalidInput
from feedback.imports import FORMATS
from feedback.kinds import kind_choices

PAIRS = 4  # completions that the pickers offer; more by JSON
PARTS = ("text", "image", "label")
SINGLE = ("system", "prompt_id", "item_id", "completions_list", "gold")


def _formats() -> list[tuple[str, str]]:
    return [(known.name, known.label) for known in FORMATS.values()]


class UploadForm(forms.Form):
    """The file, and its format where the name does not tell."""

    file = forms.FileField(
        help_text="JSON, JSON lines or CSV, in UTF-8. Each row is stored whole, or refused with the "
        "reason; importing the same file again stores nothing twice."
    )
    format = forms.ChoiceField(
        required=False,
        choices=lambda: [("", "Tell by the file"), *_formats()],
        help_text="Choose one only if it was not recognised.",
    )


class MappingForm(forms.Form):
    """Pickers for the usual columns; the whole mapping as JSON for everything else."""

    format = forms.ChoiceField(choices=_formats, label="File format")
    mode = forms.ChoiceField(
        choices=[("pickers", "by the fields below"), ("json", "by JSON")],
        widget=forms.RadioSelect,
        initial="pickers",
        label="Say what the columns mean",
    )
    prompt = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Columns, joined by blank lines",
    )
    system = forms.ChoiceField(required=False, label="System message")
    prompt_id = forms.ChoiceField(required=False, label="Prompt's external id")
    item_id = forms.ChoiceField(required=False, label="Item's external id")
    tags = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="Columns with tags"
    )
    completions_list = forms.ChoiceField(required=False, label="Or one column with a list of them")
    kinds = forms.MultipleChoiceField(
        required=False,
        choices=kind_choices,
        widget=forms.CheckboxSelectMultiple,
        label="What is asked about each item",
        help_text="None imports prompts and completions only.",
    )
    judgments = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "code", "spellcheck": "false"}),
        label="Judgments in the file, as JSON",
        help_text="A list; each names its kind, its annotator and the answer, with {column} where a "
        "column's value goes. Empty when the file has none.",
    )
    gold = forms.ChoiceField(
        required=False,
        label="Known answers (gold)",
        help_text='A column with {"answers": {kind: answer}, "explanation": text}; such items test people '
        "and train nothing. Made from other columns by JSON.",
    )
    close_items = forms.BooleanField(required=False, label="Ask nobody else about these items")
    mapping = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 18, "class": "code", "spellcheck": "false"}),
        label="The whole mapping, as JSON",
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        columns: Sequence[str],
        suggested: Mapping[str, Any],
        format: str,
    ) -> None:
        super().__init__(data, initial=_initial(suggested, format))
        every = [(column, column) for column in columns]
        optional = [("", "(none)"), *every]
        for name in ("prompt", "tags"):
            _choose(self.fields[name], every)
        for name in SINGLE:
            _choose(self.fields[name], optional)
        for n in range(PAIRS):
            for part in PARTS:
                self.fields[f"completion_{n}_{part}"] = forms.ChoiceField(
                    required=False,
                    choices=optional,
                    label=f"Completion {n + 1}, {part}",
                )

    def pairs(self) -> Iterator[tuple[int, list[BoundField]]]:
        """The pickers of the completions: number, then text, image and label."""
        for n in range(PAIRS):
            yield n + 1, [self[f"completion_{n}_{part}"] for part in PARTS]

    def as_mapping(self) -> dict[str, Any]:
        """What was said, as the JSON of an ImportMapping. Raises InvalidInput `invalid_mapping`."""
        said = self.cleaned_data
        if said["mode"] == "json":
            return _object(said["mapping"])
        mapping: dict[str, Any] = {"prompt": said["prompt"], "tags": said["tags"]}
        mapping |= {name: said[name] for name in SINGLE if said[name]}
        mapping["completions"] = list(self._completions())
        mapping["kinds"] = [{"kind": name} for name in said["kinds"]]
        mapping["judgments"] = _read(said["judgments"], "judgments") or []
        mapping["close_items"] = said["close_items"]
        return mapping

    def _completions(self) -> Iterator[dict[str, str]]:
        for n in range(PAIRS):
            said = {part: self.cleaned_data[f"completion_{n}_{part}"] for part in PARTS}
            if said["text"] or said["image"]:
                yield {part: column for part, column in said.items() if column}


def _choose(field: forms.Field, choices: list[tuple[str, str]]) -> None:
    if isinstance(field, forms.ChoiceField):
        field.choices = choices


def _initial(suggested: Mapping[str, Any], format: str) -> dict[str, Any]:
    names = ("prompt", "tags", "close_items", *SINGLE)
    initial = {name: suggested[name] for name in names if name in suggested}
    initial["format"] = format
    initial["kinds"] = [one["kind"] for one in suggested.get("kinds", ())]
    for n, completion in enumerate(suggested.get("completions", ())[:PAIRS]):
        initial |= {f"completion_{n}_{part}": completion.get(part, "") for part in PARTS}
    judgments = suggested.get("judgments")
    initial["judgments"] = _pretty(judgments) if judgments else ""
    initial["mapping"] = _pretty(suggested)
    return initial


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _object(text: str) -> dict[str, Any]:
    found = _read(text, "mapping")
    if not isinstance(found, dict):
        raise _not_json("mapping", "an object is expected")
    return found


def _read(text: str, field: str) -> Any:
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError) as error:
        raise _not_json(field, str(error)) from error


def _not_json(field: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"The {field} cannot be read as JSON: {why}.",
        code="invalid_mapping",
        hint="Check commas, quotes and brackets.",
        details=[{"where": field, "message": f"This is not the JSON expected: {why}."}],
    )
