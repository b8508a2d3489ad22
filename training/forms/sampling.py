"""The sampling form: a prompt, one or two policies, and how to sample."""

from __future__ import annotations

from typing import Any

from django import forms

from feedback.models import Project
from training.registry import STARTER
from training.selectors import policies_of

PARAMETERS = ("temperature", "top_p", "max_new_tokens", "seed", "n")


class SamplingForm(forms.Form):
    """Bounds are those of `SamplingParams`, which has the last word."""

    prompt = forms.CharField(widget=forms.Textarea({"rows": 4}), strip=False)
    system = forms.CharField(
        label="System message", required=False, widget=forms.Textarea({"rows": 2}), strip=False
    )
    first = forms.ChoiceField(label="Policy")
    second = forms.ChoiceField(label="Against", required=False)
    temperature = forms.FloatField(initial=0.8, min_value=0, max_value=5)
    top_p = forms.FloatField(label="Top-p", initial=0.95, min_value=0.001, max_value=1)
    max_new_tokens = forms.IntegerField(
        label="Most tokens", initial=128, min_value=1, max_value=32_768
    )
    seed = forms.IntegerField(initial=0, min_value=0, max_value=2**31 - 1)
    n = forms.IntegerField(label="Samples each", initial=2, min_value=1, max_value=64)
    blind = forms.BooleanField(
        label="Hide the policies' names",
        required=False,
        help_text="They become A and B, placed at random.",
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policies = sorted(policies_of(project), key=lambda p: (p.name != STARTER, -p.pk))
        choices = [(str(policy.pk), policy.name) for policy in policies]
        for name, offered in (("first", choices), ("second", [("", "nothing"), *choices])):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 declared above
            field.choices = offered
        for name in ("temperature", "top_p"):
            self.fields[name].widget.attrs["step"] = "any"

    def messages(self) -> list[dict[str, str]]:
        """The prompt as chat messages."""
        system = self.cleaned_data["system"]
        before = [{"role": "system", "content": system}] if system.strip() else []
        return [*before, {"role": "user", "content": self.cleaned_data["prompt"]}]

    def policy_ids(self) -> list[int]:
        """The one or two policies chosen, in order."""
        chosen = (self.cleaned_data["first"], self.cleaned_data["second"])
        return [int(pk) for pk in chosen if pk]

    def params(self) -> dict[str, Any]:
        """What `SamplingParams.parse` reads."""
        return {name: self.cleaned_data[name] for name in PARAMETERS}
