"""What can be stored, however deep it lies; and that nothing deeper is a server error anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feedback.errors import InvalidInput
from feedback.kinds import KINDS
from feedback.models import Project, User
from feedback.texts import DEEPEST, Flaw, flaw_of, is_storable
from tests.cast import ApiOf, ClientOf, lease, new_item
from tests.feedback.kinds.asking import Asked
from tests.feedback.views.test_judging import hidden, url


def nested(depth: int, inmost: Any = "x") -> Any:
    for _ in range(depth):
        inmost = [inmost]
    return inmost


@pytest.mark.parametrize(
    ("value", "flaw"),
    [
        ("a\x00", Flaw.NUL),
        ("\ud800", Flaw.SURROGATE),
        ({"a\x00": 1}, Flaw.NUL),
        ({"a": [1, ("b", {"c": "\udfff"})]}, Flaw.SURROGATE),
        (nested(DEEPEST + 1), Flaw.DEPTH),
        (nested(100_000), Flaw.DEPTH),
        (nested(DEEPEST), None),
        ({"a": ["é😀\n", None, 1.5, True]}, None),
    ],
)
def test_flaws(value: Any, flaw: Flaw | None) -> None:
    assert flaw_of(value) is flaw
    assert is_storable(value) is (flaw is None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_deep_answer_is_refused_by_each_kind(kind: str) -> None:
    with pytest.raises(InvalidInput, match="nested too deeply"):
        Asked(kind).parse({"choice": nested(5000)})


@pytest.mark.parametrize("depth", [90, 500, 800, 100_000])
def test_deep_json_is_no_server_error(
    project: Project, annotator: User, api_of: ApiOf, client_of: ClientOf, depth: int
) -> None:
    new_item(project)
    held = lease(project, annotator)
    deep = '{"choice": ' + "[" * depth + "]" * depth + "}"
    body = json.dumps({"assignment": held.pk, "key": "k", "answers": {"pairwise": 0}})
    sent = api_of(annotator).post(
        f"/api/v1/items/{held.item_id}/judgments/",
        body.replace('"pairwise": 0', f'"pairwise": {deep}'),
        content_type="application/json",
    )
    assert sent.status_code == 400
    browser = client_of(annotator)
    form = hidden(browser.get(url(project))) | {"answers[pairwise]": deep}
    assert browser.post(url(project), form).status_code == 400
