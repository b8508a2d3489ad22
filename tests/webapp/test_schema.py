"""The OpenAPI document: valid, without a warning, complete, and shown without a CDN."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from feedback.kinds import KINDS
from training.recipes import RECIPES


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document; fails on the first warning, and when it is not valid OpenAPI."""
    out = StringIO()
    call_command("spectacular", fail_on_warn=True, validate=True, stdout=out)
    return dict(yaml.safe_load(out.getvalue()))


def references(part: Any) -> set[str]:
    """All references in a part of the document."""
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(references, part.values()))
    return set().union(*map(references, part)) if isinstance(part, list) else set()


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    missing = {r for r in references(document) if r.rsplit("/", 1)[1] not in schemas}
    assert not missing


def test_kinds_and_recipes_are_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    answers = schemas["SubmissionInRequest"]["properties"]["answers"]["properties"]
    for kind in KINDS.values():
        assert answers[kind.name]["$ref"].endswith(f"/{kind.answer_model.__name__}")
        described = schemas[kind.answer_model.__name__]["properties"]
        assert set(described) == set(kind.answer_model.model_fields)
    for recipe in RECIPES.values():
        assert recipe.config_model.__name__ in schemas


def test_every_operation_has_a_name_and_the_error_shape(document: dict[str, Any]) -> None:
    names = []
    for operations in document["paths"].values():
        for operation in operations.values():
            names.append(operation["operationId"])
            assert operation["responses"]["default"], operation["operationId"]
            assert operation["description"], operation["operationId"]
    assert len(set(names)) == len(names)


def test_the_page_needs_no_other_host_and_no_inline_script() -> None:
    page = Client().get("/api/docs/")
    assert page.status_code == 200
    html = page.content.decode()
    sources = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert sources
    assert not [s for s in sources if s.startswith(("http:", "https:", "//"))]
    assert not re.findall(r"<script(?![^>]*\bsrc=)", html)
    for source in sources:
        assert Client().get(source).status_code == 200, source


def test_the_schema_is_served() -> None:
    assert Client().get("/api/schema/").status_code == 200
