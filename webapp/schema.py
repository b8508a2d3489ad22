"""The OpenAPI document: what pydantic declares of kinds, recipes, mappings and sampling is put in."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from feedback.api.schemas import components
from feedback.imports import ImportMapping
from feedback.kinds import KINDS
from training.companions import ModelChoice
from training.recipes import RECIPES
from training.sampling.base import SamplingParams
from training.snapshots import SnapshotOptions


def document(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the schemas, and the one shape of errors as every operation's default response."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    for kind in KINDS.values():
        schemas.update(components(kind.answer_model))
        schemas.update(components(kind.settings_model))
    for recipe in RECIPES.values():
        schemas.update(components(recipe.config_model))
    schemas.update(components(ImportMapping))
    schemas.update(components(ModelChoice))
    schemas.update(components(SnapshotOptions))
    schemas["SamplingParams"] = TypeAdapter(SamplingParams).json_schema()
    schemas["Error"] = {
        "type": "object",
        "properties": {"error": {"$ref": "#/components/schemas/ErrorOut"}},
        "required": ["error"],
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = _error()
    return result


def _error() -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {"description": "Why it could not be done.", "content": content}
