"""The form that gives a person a role in a project."""

from __future__ import annotations

from django import forms

from feedback.models import Role


class MemberForm(forms.Form):
    """A person and the role that they are to have."""

    username = forms.CharField(
        max_length=150,
        label="User name",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    role = forms.ChoiceField(choices=Role.choices, initial=Role.ANNOTATOR)
