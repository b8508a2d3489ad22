"""Puts an error's details onto the fields of the form that caused them."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from feedback.errors import TouchstoneError


def show_error(
    form: forms.Form, error: TouchstoneError, fields: Mapping[str, str] | None = None
) -> None:
    """Each detail lands on the field that it names, the rest above the form, with the code.

    `fields` says which field stands for an error's code where the details name none.
    """
    placed = False
    for detail in error.details:
        name = str(detail.get("where", "")).removeprefix(f"{form.prefix}.")
        if name in form.fields:
            form.add_error(name, forms.ValidationError(str(detail["message"]), code=error.code))
            placed = True
    if not placed:
        form.add_error((fields or {}).get(error.code), _sentence(error))


def _sentence(error: TouchstoneError) -> forms.ValidationError:
    text = f"{error.message} {error.hint}".strip()
    return forms.ValidationError(f"{text} ({error.code})", code=error.code)
