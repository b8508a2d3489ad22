"""The form that adds a policy: a local model, or a model behind a server."""

from __future__ import annotations

from typing import Any

from django import forms

from training.models import PolicyKind
from training.sampling.openai import KEY_PREFIX

KINDS = [
    (PolicyKind.LOCAL.value, "Local model: a directory or a Hub id"),
    (PolicyKind.OPENAI.value, "OpenAI-compatible server"),
]


class PolicyForm(forms.Form):
    """The key itself is never typed here: only the name of the variable that holds it."""

    kind = forms.ChoiceField(label="What it is", choices=KINDS)
    location = forms.CharField(
        label="Directory, Hub id or base URL",
        max_length=500,
        help_text="For example HuggingFaceTB/SmolLM2-135M-Instruct, or http://localhost:8080/v1.",
        widget=forms.TextInput({"spellcheck": "false", "autocapitalize": "off"}),
    )
    name = forms.CharField(required=False, max_length=200, help_text="Empty: as the location.")
    model = forms.CharField(
        required=False,
        max_length=200,
        label="Model name",
        help_text="Servers only: the model to ask for.",
    )
    api_key_env = forms.CharField(
        required=False,
        max_length=100,
        label="Variable with the key",
        help_text="Servers only: the NAME of the environment variable that holds the key; "
        f"it begins with {KEY_PREFIX}.",
    )

    def clean(self) -> dict[str, Any]:
        """A server needs the name of a model."""
        data = super().clean() or {}
        if data.get("kind") == PolicyKind.OPENAI and not data.get("model"):
            self.add_error("model", "A server needs the name of the model.")
        return data

    def fields_for_service(self) -> dict[str, Any]:
        """What `add_policy` takes."""
        data = self.cleaned_data
        told = {k: data[k] for k in ("model", "api_key_env") if data[k]}
        remote = data["kind"] == PolicyKind.OPENAI
        return {
            "name": data["name"],
            "location": data["location"],
            "kind": data["kind"],
            "settings": told if remote else {},
        }
