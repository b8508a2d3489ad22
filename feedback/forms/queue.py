"""The queue's settings as a form: the order by its labels, the exam as two fields."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from django import forms

from feedback.forms.schema import schema_fields
from feedback.ordering import ORDERINGS, QueueSettings
from feedback.ordering.base import Exam

_FIELDS = {name: field for name, field in schema_fields(QueueSettings).items() if name != "exam"}
_EXAM = {f"exam_{name}": field for name, field in schema_fields(Exam).items()}


class QueueForm(forms.Form):
    """Everything that `QueueSettings` holds; the services validate it."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, settings: QueueSettings | None = None
    ) -> None:
        super().__init__(data, initial=_initial(settings or QueueSettings()))
        self.fields |= {**_copy(_FIELDS), **_copy(_EXAM)}
        self.fields["order"] = forms.ChoiceField(
            choices=[(one.name, one.label) for one in ORDERINGS.values()],
            help_text=" ".join(f"{one.label}: {one.summary}" for one in ORDERINGS.values()),
        )
        for name in _EXAM:
            self.fields[name].required = False
        self.fields["exam_items"].label = "Exam: items"
        self.fields["exam_share"].label = "Exam: share to be right"
        for name in ("daily_quota", "ceiling", *_EXAM):
            self.fields[name].widget.attrs["placeholder"] = "none"
        self.fields[
            "exam_items"
        ].help_text = "How many gold items are asked before real work; empty: no exam."
        self.order_fields(["order", *_FIELDS, *_EXAM])

    def payload(self) -> dict[str, Any]:
        """The settings as the services take them."""
        said = {name: value for name, value in self.cleaned_data.items() if value is not None}
        exam = {name: said.pop(f"exam_{name}", None) for name in ("items", "share")}
        if exam["items"] is not None:
            said["exam"] = {name: value for name, value in exam.items() if value is not None}
        return said


def _initial(settings: QueueSettings) -> dict[str, Any]:
    values = settings.model_dump(mode="json")
    exam = values.pop("exam") or {"items": None, "share": 0.8}
    return values | {f"exam_{name}": value for name, value in exam.items()}


def _copy(fields: Mapping[str, forms.Field]) -> dict[str, forms.Field]:
    """Forms keep fields of their own."""
    return {name: deepcopy(field) for name, field in fields.items()}
