"""The settings of a kind as a form; the kind's own model validates, each complaint at its field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ValidationError

from feedback.forms.lists import ListField
from feedback.forms.schema import SchemaForm, schema_fields
from feedback.kinds.base import Kind, field_errors


class KindSettingsForm(SchemaForm):
    """Base of the forms that `settings_form` makes."""

    MARK: ClassVar[str] = (
        "sent"  # a hidden field: an unticked box alone does not show that it was sent
    )
    model: ClassVar[type[BaseModel]]
    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        """Complaints of the model at the fields that they are about."""
        data = super().clean() or {}
        if self.errors:
            return data
        try:
            self.model.model_validate(self.payload())
        except ValidationError as error:
            for detail in _without_consequences(field_errors(error)):
                self._place(str(detail["where"]), str(detail["message"]))
        return data

    def _place(self, where: str, message: str) -> None:
        name, _, rest = where.partition(".")
        sentence = message.removeprefix("Value error, ").replace("Tuple should", "The list should")
        sentence = sentence.replace(" after validation", "")
        field = self.fields.get(name)
        if field is None:
            self.add_error(None, sentence[:1].upper() + sentence[1:])
        elif isinstance(field, ListField):
            self.add_error(name, field.complaint(rest, sentence))
        else:
            self.add_error(name, sentence[:1].upper() + sentence[1:])


def _without_consequences(details: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leaves out that a list is too short where one of its entries was refused."""
    places = [str(detail["where"]) for detail in details]
    return [d for d in details if not any(p.startswith(f"{d['where']}.") for p in places)]


def settings_form(
    kind: Kind[Any, Any], data: Mapping[str, Any] | None, stored: Mapping[str, Any]
) -> KindSettingsForm:
    """The form of a kind's settings, filled in with what is stored."""
    model = kind.settings_model
    attributes = {**schema_fields(model), "model": model}
    made: type[KindSettingsForm] = type(f"{model.__name__}Form", (KindSettingsForm,), attributes)
    return made(data, initial=dict(stored), prefix=f"settings-{kind.name}")
