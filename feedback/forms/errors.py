"""An error of the services on the fields of the form that caused it."""

from __future__ import annotations

from django import forms

from feedback.errors import TouchstoneError


def show_error(form: forms.Form, error: TouchstoneError, field: str | None = None) -> None:
    """Each detail lands on the field that it names; without any, the sentence stands at `field`, or above all."""
    placed = [detail for detail in error.details if detail.get("where") in form.fields]
    for detail in placed:
        form.add_error(str(detail["where"]), str(detail["message"]))
    if not placed:
        text = f"{error.message} {error.hint}".strip()
        form.add_error(field, f"{text} ({error.code})")
