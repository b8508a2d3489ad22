"""The guide to the kinds: a section for each, and examples that are accepted."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from feedback.kinds import KINDS
from tests.feedback.kinds.asking import Asked, candidates
from webapp.env import ROOT

GUIDE = (ROOT / "docs/kinds.md").read_text()
SHOWN = candidates("It is four.", "It is 👍 five.")


def examples() -> list[tuple[str, dict[str, Any]]]:
    """The kind and the example of every block of JSON."""
    found = []
    for section in GUIDE.split("\n## ")[1:]:
        title = section.split("\n", 1)[0]
        blocks = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
        found += [(title, json.loads(block)) for block in blocks]
    return found


def test_every_kind_is_described_with_an_example() -> None:
    assert {kind for kind, _ in examples()} == set(KINDS)
    for name, kind in KINDS.items():
        row = re.search(rf"^\| {name} \| ([^|]+) \|", GUIDE, re.MULTILINE)
        assert row is not None
        few, most = kind.fewest, kind.most
        assert row[1] == (str(few) if few == most else f"{few} to {most}")


@pytest.mark.parametrize(("kind", "example"), examples())
def test_an_example_is_accepted(kind: str, example: dict[str, Any]) -> None:
    asked = Asked(kind, SHOWN, example.get("settings", {}))
    assert asked.parse(example["answer"])
