"""The form that freezes a snapshot."""

from __future__ import annotations

from typing import Any

from django import forms

from feedback.kinds import kind_choices
from feedback.models import Source

FEWEST, MOST = 0, 50


class FreezeForm(forms.Form):
    """Which evidence, and how much of it is held out. Nothing ticked means no restriction."""

    held_out = forms.FloatField(
        label="Held out (%)",
        min_value=FEWEST,
        max_value=MOST,
        initial=10,
        help_text="Share of the prompts kept for evaluation, 0 to 50. A prompt stays on its side for ever.",
        widget=forms.NumberInput({"step": "any"}),
    )
    kinds = forms.MultipleChoiceField(
        choices=kind_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: all kinds.",
    )
    sources = forms.MultipleChoiceField(
        choices=Source.choices,
        required=False,
        label="Judged by",
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: everybody.",
    )
    tags = forms.CharField(
        required=False,
        help_text="Only prompts with one of these tags, separated by commas. Empty: all prompts.",
    )

    weights = forms.ChoiceField(
        choices=(
            ("none", "All alike"),
            ("gold", "By answers to gold items"),
            ("dawid_skene", "By the quality report: Dawid-Skene"),
            ("crowd_bt", "By the quality report: Crowd-BT"),
        ),
        required=False,
        initial="none",
        label="Weights",
        help_text="How much each annotator's judgments count in training; the snapshot keeps the weights.",
    )

    adjudicated = forms.ChoiceField(
        choices=(("all", "All answers"), ("decision", "The decision only")),
        required=False,
        initial="all",
        label="Where a reviewer decided",
    )

    def options(self) -> dict[str, Any]:
        """What was chosen, as `SnapshotOptions` reads it."""
        data = self.cleaned_data
        tags = [tag.strip() for tag in data["tags"].split(",") if tag.strip()]
        return {
            "held_out": data["held_out"] / 100,
            "kinds": data["kinds"] or None,
            "sources": data["sources"] or None,
            "tags": tags or None,
            "weights": data["weights"] or "none",
            "adjudicated": data["adjudicated"] or "all",
        }
