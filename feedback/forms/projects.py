"""A project's settings as a form, with a fieldset for the settings of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from feedback.forms.settings import KindSettingsForm, settings_form
from feedback.kinds import KINDS, kind_choices
from feedback.kinds.base import Kind
from feedback.models import Project

PLAIN = (
    "name",
    "description",
    "overlap",
    "lease_minutes",
    "grace_minutes",
    "markdown",
    "guidelines",
)


@dataclass(frozen=True, slots=True)
class KindFields:
    """The settings of one kind; they count only while the kind is chosen."""

    kind: Kind[Any, Any]
    form: KindSettingsForm
    chosen: bool


class ProjectForm(forms.Form):
    """A project's settings, for a new project and for one that exists."""

    use_required_attribute = False  # what is needed is said at the field, hidden ones ask nothing

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
    grace_minutes = forms.IntegerField(
        min_value=0,
        max_value=24 * 60,
        initial=10,
        label="Minutes to change an answer",
        help_text="How long an answer that was stored may still be changed; 0 for never.",
    )
    markdown = forms.BooleanField(
        required=False,
        initial=True,
        label="Show prompts and completions as Markdown",
        help_text="Else as they are, every character of them.",
    )
    guidelines = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="What makes an answer good. Shown beside every item.",
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, project: Project | None = None
    ) -> None:
        super().__init__(data, initial={} if project is None else _initial(project))
        self.stored = {} if project is None else {one["kind"]: one for one in project.kinds}
        asked = [str(name) for name in self["kinds"].value() or ()]
        self.settings = [
            _fields_of(kind, self.data, self.stored.get(kind.name, {}), kind.name in asked)
            for kind in KINDS.values()
            if kind.settings_model.model_fields
        ]

    def plain_before(self) -> list[forms.BoundField]:
        """What stands above the settings of kinds."""
        return [self[name] for name in ("name", "description", "kinds")]

    def plain_after(self) -> list[forms.BoundField]:
        """What stands below them."""
        return [self[name] for name in PLAIN if name not in ("name", "description")]

    def is_valid(self) -> bool:
        """Whether everything fits, the settings of the chosen kinds too."""
        return all([super().is_valid(), *(one.form.is_valid() for one in self._sent())])

    def fields_said(self) -> dict[str, Any]:
        """What the services take; a chosen kind whose settings were not sent keeps them."""
        said = {one.kind.name: one.form.payload() for one in self._sent()}
        values = dict(self.cleaned_data)
        values["kinds"] = [
            {"kind": name, "settings": said[name]}
            if name in said
            else self.stored.get(name, {"kind": name})
            for name in values["kinds"]
        ]
        return values

    def _sent(self) -> list[KindFields]:
        return [one for one in self.settings if one.form.is_bound]


def _fields_of(
    kind: Kind[Any, Any], data: Mapping[str, Any], stored: Mapping[str, Any], chosen: bool
) -> KindFields:
    """The fields with what was typed, else with what is stored; of a kind not chosen nothing is checked."""
    form = settings_form(kind, None, stored.get("settings", {}))
    sent = form.add_prefix(form.MARK) in data
    if sent and chosen:
        form = settings_form(kind, data, stored.get("settings", {}))
    elif sent:
        typed = {name: data.get(form.add_prefix(name)) for name in form.fields}
        form = settings_form(kind, None, typed)
    return KindFields(kind, form, chosen)


def _initial(project: Project) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(project, name) for name in PLAIN}
    return values | {"kinds": [one["kind"] for one in project.kinds]}
