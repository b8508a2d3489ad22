"""A pydantic model becomes a form: fields, labels, help, bounds, defaults."""

from __future__ import annotations

from typing import Literal

from django import forms
from pydantic import BaseModel, Field

from feedback.forms.schema import schema_form
from training.forms.trainings import config_form, field_groups
from training.recipes import RECIPES, parse_config


class Example(BaseModel):
    """One field of each sort."""

    learning_rate: float | None = Field(default=None, gt=0, le=1, description="Empty: chosen.")
    steps: int = Field(default=2000, ge=1, le=10_000)
    lora: bool = True
    loss: Literal["sigmoid", "hinge"] = "sigmoid"
    note: str = Field(default="", max_length=5, title="A note to yourself")
    needed: int


def test_each_type_has_its_field() -> None:
    """Numbers, booleans, choices and texts."""
    fields = schema_form(Example).base_fields
    assert {name: type(field) for name, field in fields.items()} == {
        "learning_rate": forms.FloatField,
        "steps": forms.IntegerField,
        "lora": forms.BooleanField,
        "loss": forms.ChoiceField,
        "note": forms.CharField,
        "needed": forms.IntegerField,
    }
    assert [choice for choice, _ in fields["loss"].choices] == ["sigmoid", "hinge"]  # type: ignore[attr-defined]


def test_labels_help_and_bounds() -> None:
    """What the model declares is what people read; automatic titles become sentences."""
    fields = schema_form(Example).base_fields
    assert fields["learning_rate"].label == "Learning rate"
    assert fields["lora"].label == "LoRA"
    assert fields["note"].label == "A note to yourself"
    assert fields["learning_rate"].help_text == "Empty: chosen. Above 0 and at most 1."
    assert fields["learning_rate"].widget.attrs["placeholder"] == "automatic"
    assert "min" not in fields["learning_rate"].widget.attrs  # 0 itself is not allowed
    assert fields["steps"].widget.attrs == {"step": 1, "min": 1, "max": 10_000}
    assert fields["steps"].initial == 2000


def test_what_is_left_empty_is_left_to_the_model() -> None:
    """An empty optional number is automatic; an unticked box is False, not its default."""
    form = schema_form(Example)({"steps": "7", "loss": "hinge", "needed": "3"})
    assert form.is_valid(), form.errors
    assert form.payload() == {"steps": 7, "lora": False, "loss": "hinge", "needed": 3}


def test_what_is_needed_must_be_there() -> None:
    """Numbers with a default are shown with it, so an empty one is a mistake."""
    form = schema_form(Example)({"loss": "hinge", "steps": ""})
    assert set(form.errors) == {"steps", "needed"}


def test_every_recipe_has_a_form_whose_defaults_fit() -> None:
    """The form of each recipe, sent as it is shown, is the recipe's default config."""
    for recipe in RECIPES.values():
        shown = config_form(recipe)
        sent = {
            shown.add_prefix(name): field.initial
            for name, field in shown.fields.items()
            if field.initial is not None and field.initial is not False
        }
        form = config_form(recipe, sent)
        assert form.is_valid(), form.errors
        assert parse_config(recipe, form.payload()) == recipe.config_model()
        first, folded = field_groups(form)
        assert {bound.name for bound in first + folded} == set(recipe.config_model.model_fields)
        often = {"learning_rate", "epochs"} - set(form.rare)
        assert often <= {bound.name for bound in first}


def test_a_number_left_empty_says_what_that_means() -> None:
    fields = config_form(RECIPES["dpo"]).fields
    told = [fields[n].widget.attrs["placeholder"] for n in ("learning_rate", "extra_length_weight")]
    assert told == ["automatic", "all count alike"]


def test_rare_fields_are_folded_and_losses_are_added_line_by_line() -> None:
    recipe = RECIPES["dpo"]
    first, folded = field_groups(config_form(recipe))
    assert {"loss", "added_losses", "beta"} <= {bound.name for bound in first}
    assert {"divergence", "reference_once", "seed"} <= {bound.name for bound in folded}
    form = schema_form(recipe.config_model)({"added_losses": "sft | 0.1\nhinge"})
    form.is_valid()
    added = form.cleaned_data["added_losses"]
    assert [loss.loss for loss in parse_config(recipe, {"added_losses": added}).added_losses] == [  # type: ignore[attr-defined]
        "sft",
        "hinge",
    ]
