"""What the tests of recipes share: a run directory for a frozen snapshot on the toy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from training.recipes.base import Run


@pytest.fixture
def run(tmp_path: Path, toy: str) -> Callable[..., Run]:
    """A run directory for a snapshot, named, on the toy; `fields` are further ones of Run."""

    def build(
        snapshot: Path, config: dict[str, Any], name: str = "run", base: str = toy, **fields: Any
    ) -> Run:
        directory = tmp_path / name
        directory.mkdir(exist_ok=True)
        return Run(directory, base, snapshot, config, **fields)

    return build
