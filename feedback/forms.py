"""Forms of feedback's pages: projects, members, filters; services decide what is right."""

from __future__ import annotations

from typing import Any

from django import forms

from feedback.errors import TouchstoneError
from feedback.kinds import KINDS, get_kind, kind_choices
from feedback.models import Project, Role


class ProjectForm(forms.Form):
    """A project's settings, for a new project and for one that exists."""

    name = forms.CharField(max_length=200)
    description = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One or two sentences, shown in lists.",
    )
    kinds = forms.MultipleChoiceField(
        choices=kind_choices,
        widget=forms.CheckboxSelectMultiple,
        initial=["pairwise"],
        label="What new items ask",
        help_text="Imported files and programs may ask something else. Items that exist keep theirs.",
    )
    overlap = forms.IntegerField(
        min_value=1,
        max_value=100,
        initial=1,
        label="Judgments per item",
        help_text="How many people judge each new item.",
    )
    lease_minutes = forms.IntegerField(
        min_value=1,
        max_value=24 * 60,
        initial=30,
        label="Minutes to answer",
        help_text="How long an item waits for the person who opened it.",
    )
    guidelines = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="What makes an answer good. Shown beside every item.",
    )

    def fields_for(self, project: Project | None = None) -> dict[str, Any]:
        """What the services take; a kind that stays keeps its settings."""
        known = {} if project is None else {one["kind"]: one for one in project.kinds}
        values = dict(self.cleaned_data)
        values["kinds"] = [known.get(name, {"kind": name}) for name in values["kinds"]]
        return values


def project_initial(project: Project) -> dict[str, Any]:
    """The project's settings as the form shows them."""
    names = ("name", "description", "overlap", "lease_minutes", "guidelines")
    values: dict[str, Any] = {name: getattr(project, name) for name in names}
    return values | {"kinds": [one["kind"] for one in project.kinds]}


class MemberForm(forms.Form):
    """A person and the role that they are to have."""

    username = forms.CharField(
        max_length=150,
        label="User name",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    role = forms.ChoiceField(choices=Role.choices, initial=Role.ANNOTATOR)


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


def show_error(form: forms.Form, error: TouchstoneError) -> None:
    """Each detail lands on the field that it names; without any, the sentence stands above the form."""
    placed = [detail for detail in error.details if detail.get("where") in form.fields]
    for detail in placed:
        form.add_error(str(detail["where"]), str(detail["message"]))
    if not placed:
        text = f"{error.message} {error.hint}".strip()
        form.add_error(None, f"{text} ({error.code})")
