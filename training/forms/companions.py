"""The models that a recipe needs besides its base, as selects: reward models, policies, rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from feedback.errors import InvalidInput
from feedback.models import Project
from training.judges import RULES, rule_from_text
from training.recipes.base import ModelKind, ModelNeed
from training.selectors import checkpoints_of, policies_of

Choices = list[tuple[str, str]]

RULE_TEXT = "_rule"  # added to a need's name: the field in which its rule is written
HEADINGS: dict[ModelKind, str] = {
    "reward_model": "Reward models",
    "policy": "Policies",
    "rule": "Rules",
}


class CompanionsForm(forms.Form):
    """A select for each need, and beside one that takes rules a line in which to write it."""

    prefix = "models"

    def __init__(
        self, *args: Any, project: Project, needs: Mapping[str, ModelNeed], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._needs = needs
        offered = _offered(project)
        for name, need in needs.items():
            self.fields[name] = _select(need, offered)
            if "rule" in need.kinds:
                self.fields[name + RULE_TEXT] = _rule_line(need)

    def clean(self) -> dict[str, Any]:
        """A rule that cannot be read is said on its line."""
        data = super().clean() or {}
        for name in self._needs:
            kind, _, which = str(data.get(name) or "").partition(":")
            if kind == "rule":
                try:
                    rule = rule_from_text(which, data.get(name + RULE_TEXT, ""))
                except InvalidInput as error:
                    self.add_error(name + RULE_TEXT, f"{error.message} {error.hint}")
                else:
                    data[name] = {"rule": rule}
            elif kind:
                data[name] = {kind: int(which)}
        return data

    def payload(self) -> dict[str, dict[str, Any]]:
        """The choices as `start_training` takes them; needs that were left empty are left out."""
        return {name: self.cleaned_data[name] for name in self._needs if self.cleaned_data[name]}


def _offered(project: Project) -> dict[ModelKind, Choices]:
    models = checkpoints_of(project).filter(produces="reward_model")
    return {
        "reward_model": [(f"checkpoint:{found.pk}", found.name) for found in models],
        "policy": [(f"policy:{found.pk}", found.name) for found in policies_of(project)],
        "rule": [(f"rule:{name}", rule.label) for name, rule in RULES.items()],
    }


def _select(need: ModelNeed, offered: Mapping[ModelKind, Choices]) -> forms.ChoiceField:
    groups = [(HEADINGS[kind], offered[kind]) for kind in need.kinds if offered[kind]]
    lacks = [HEADINGS[kind].lower() for kind in need.kinds if not offered[kind]]
    said = [need.sentence, *(f"There are no {what} here yet." for what in lacks)]
    empty = ("", "Choose one" if need.required else "None")
    return forms.ChoiceField(
        label=need.label,
        required=need.required,
        choices=[empty, *groups],
        help_text=" ".join(said),
    )


def _rule_line(need: ModelNeed) -> forms.CharField:
    how = "; ".join(rule.typed for rule in RULES.values())
    return forms.CharField(
        label=f"{need.label}: the rule",
        required=False,
        max_length=500,
        help_text=f"Where a rule is chosen. Write {how}.",
        widget=forms.TextInput({"spellcheck": "false", "autocapitalize": "off"}),
    )
