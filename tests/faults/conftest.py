"""Faults are tried on the toy policy."""

from __future__ import annotations

from tests.training.conftest import toy  # noqa: F401 - a fixture
