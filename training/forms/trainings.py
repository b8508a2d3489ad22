"""The training form: a base model, and the recipe's config as its model declares it."""

from __future__ import annotations

from typing import Any

from django import forms

from feedback.forms.schema import SchemaForm, schema_form
from feedback.models import Project
from training.models import Policy, PolicyKind
from training.recipes.base import Config, Recipe
from training.registry import STARTER
from training.selectors import policies_of
from training.services import MOST_SEEDS

OTHER = "other"
# Of the fields that all recipes share, those that people change often; the rest is folded away.
OFTEN = ("learning_rate", "epochs", "batch_size", "lora")


class BaseModelForm(forms.Form):
    """Where training begins: a policy of the project, or a model by its directory or Hub id."""

    policy = forms.ChoiceField(label="Base model")
    location = forms.CharField(
        label="Or another model",
        required=False,
        max_length=500,
        help_text="A directory on the workers, or a Hub id such as HuggingFaceTB/SmolLM2-135M-Instruct.",
        widget=forms.TextInput({"spellcheck": "false", "autocapitalize": "off"}),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._policies = {str(p.pk): p for p in trainable(project)}
        choices = [(pk, policy.name) for pk, policy in self._policies.items()]
        field = self.fields["policy"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 declared above
        field.choices = [*choices, (OTHER, "Another model, named below")]
        if choices:
            self.initial.setdefault("policy", choices[0][0])

    def clean(self) -> dict[str, Any]:
        """One of the two; what is typed wins over what is chosen."""
        data = super().clean() or {}
        if data.get("policy") == OTHER and not (data.get("location") or "").strip():
            self.add_error("location", "Name the model, or choose one above.")
        return data

    def chosen(self) -> Policy | None:
        """The policy chosen, or None when a model was named instead."""
        if self.cleaned_data["location"].strip():
            return None
        return self._policies[self.cleaned_data["policy"]]


class SeriesForm(forms.Form):
    """Whether a training is repeated, and compared with chance."""

    seeds = forms.IntegerField(
        label="Trainings",
        min_value=1,
        max_value=MOST_SEEDS,
        initial=1,
        required=False,
        help_text="They differ in their seed alone; their spread tells luck from skill.",
    )
    shuffled = forms.BooleanField(
        label="Also on shuffled labels",
        required=False,
        help_text="What such a training reaches is chance. It makes no checkpoint.",
    )

    def __init__(self, *args: Any, labelled: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not labelled:
            del self.fields["shuffled"]


def trainable(project: Project) -> list[Policy]:
    """Local policies of the project, the starter first."""
    policies = policies_of(project).filter(kind=PolicyKind.LOCAL)
    return sorted(policies, key=lambda policy: (policy.name != STARTER, -policy.pk))


def config_form(recipe: Recipe, data: Any = None) -> SchemaForm:
    """The recipe's config as a form; its fields carry a prefix, so that no name meets another form's."""
    return schema_form(recipe.config_model)(data, prefix="config")


def field_groups(form: SchemaForm) -> tuple[list[forms.BoundField], list[forms.BoundField]]:
    """(shown, folded): the recipe's own fields and those often changed, then the rest and rare ones."""
    shown: list[forms.BoundField] = []
    folded: list[forms.BoundField] = []
    for bound in form:
        common = bound.name in Config.model_fields and bound.name not in OFTEN
        (folded if common or bound.name in form.rare else shown).append(bound)
    return shown, folded
