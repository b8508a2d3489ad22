"""Signals over REST: stored together, replaced, counted, and refused by row."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.models import Project, Signal, User
from feedback.selectors.signals import completion_vectors, item_values, newest_version
from tests.cast import ApiOf, new_item

pytestmark = pytest.mark.django_db


def body(*signals: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Signals under one name and version."""
    return {"name": "embedding", "version": "mini", "signals": list(signals), **more}


def test_vectors_and_values_are_stored_and_replaced(
    project: Project, owner: User, api_of: ApiOf
) -> None:
    item = new_item(project)
    one, other = item.slots.values_list("completion", flat=True)
    url = f"/api/v1/projects/{project.slug}/signals/"
    api = api_of(owner)
    for vector in ([9, 9], [1, 0.5]):
        rows = ({"completion": one, "vector": vector}, {"completion": other, "vector": [0, 1]})
        told = api.post(url, body(*rows))
        assert (told.status_code, told.json()) == (200, {"stored": 2})
    assert completion_vectors([one, other], "embedding", "mini") == {one: [1, 0.5], other: [0, 1]}
    api.post(url, {"name": "doubt", "signals": [{"item": item.pk, "value": 0.25}]})
    assert item_values(project, "doubt", "") == {item.pk: 0.25}
    assert newest_version(project, "embedding") == "mini"
    listed = [(r["name"], r["version"], r["items"], r["completions"]) for r in api.get(url).json()]
    assert listed == [("doubt", "", 1, 0), ("embedding", "mini", 0, 2)]


def test_one_wrong_row_stores_nothing(project: Project, owner: User, api_of: ApiOf) -> None:
    pk = new_item(project).slots.values_list("completion", flat=True)[0]
    wrong: list[dict[str, Any]] = [
        {"completion": pk, "vector": [1, 2]},
        {"completion": pk + 1000, "vector": [1, 2]},
        {"vector": [1, 2]},
        {"completion": pk, "vector": [1], "value": 1},
        {"completion": pk, "vector": []},
    ]
    url = f"/api/v1/projects/{project.slug}/signals/"
    told = api_of(owner).post(url, body(*wrong))
    assert (told.status_code, told.json()["error"]["code"]) == (400, "invalid_signals")
    assert [d["where"] for d in told.json()["error"]["details"]] == ["1", "2", "3", "4"]
    uneven = body({"completion": pk, "vector": [1]}, {"completion": pk, "vector": [1, 2]})
    assert api_of(owner).post(url, uneven).json()["error"]["code"] == "invalid_signals"
    assert not Signal.objects.exists()


def test_another_project_is_out_of_reach(
    project: Project, thumbs_project: Project, owner: User, api_of: ApiOf
) -> None:
    pk = new_item(project).slots.values_list("completion", flat=True)[0]
    url = f"/api/v1/projects/{thumbs_project.slug}/signals/"
    told = api_of(owner).post(url, body({"completion": pk, "value": 1}))
    assert told.status_code in (400, 403, 404)
    assert not Signal.objects.exists()
