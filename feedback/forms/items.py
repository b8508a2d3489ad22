"""An image for items, the filter of a list of them, and how lists name kinds."""

from __future__ import annotations

from typing import Any

from django import forms

from feedback.kinds import KINDS, get_kind, kind_choices


class ImageForm(forms.Form):
    """An image to be shown as a completion."""

    file = forms.FileField(
        label="Image", help_text="PNG, JPEG, WebP or GIF, to 20 MB; kept as it is."
    )


class ItemFilter(forms.Form):
    """Which items a list shows."""

    q = forms.CharField(required=False, label="Prompt contains", max_length=200)
    kind = forms.ChoiceField(required=False, choices=lambda: [("", "Any"), *kind_choices()])
    state = forms.ChoiceField(
        required=False, choices=[("", "Any"), ("open", "Open"), ("complete", "Complete")]
    )


def kind_labels(kinds: list[dict[str, Any]]) -> list[str]:
    """The labels of kinds as items and projects store them."""
    return [get_kind(one["kind"]).label for one in kinds if one["kind"] in KINDS]
