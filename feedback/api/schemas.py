"""JSON schemas of what pydantic declares, as the OpenAPI document names them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from pydantic import BaseModel

from feedback.kinds import KINDS

REFERENCE = "#/components/schemas/{model}"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the document describes tokens."""

    target_class = "feedback.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token in the Authorization header."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "From `manage.py create_token USER`; `Token` works in place of `Bearer`.",
        }


def components(model: type[BaseModel]) -> dict[str, Any]:
    """The model's schema and those that it uses, by name."""
    schema = model.model_json_schema(ref_template=REFERENCE)
    return {**schema.pop("$defs", {}), model.__name__: schema}


def reference(model: type[BaseModel]) -> dict[str, str]:
    """A reference to the model's schema."""
    return {"$ref": REFERENCE.format(model=model.__name__)}


def answers_schema() -> dict[str, Any]:
    """The answers of a submission: each kind's answer under the kind's name."""
    kinds = {kind.name: reference(kind.answer_model) for kind in KINDS.values()}
    return {
        "type": "object",
        "properties": kinds,
        "additionalProperties": False,
        "description": "One answer for each kind that the item asks.",
    }
