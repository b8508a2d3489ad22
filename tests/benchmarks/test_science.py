"""The quick form of the science benchmark: every claim of every part holds."""

from __future__ import annotations

import pytest

from benchmarks.lab.experiment import RUNS
from benchmarks.lab.report import Part, interval
from benchmarks.science import QUICK_SEEDS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("name", sorted(RUNS))
def test_a_part(name: str) -> None:
    part = RUNS[name](range(1, 1 + QUICK_SEEDS), quick=True)
    assert part.claims
    assert not [claim for claim in part.claims if not claim.holds], part.as_markdown()


def test_what_fails_is_told() -> None:
    part = Part("x")
    part.claim("It rises.", "it fell", holds=False)
    assert "**does not hold**: It rises. Seen: it fell." in part.as_markdown()


def test_an_interval_is_students() -> None:
    assert interval([1.0, 3.0]) == "2.000 ± 12.710"
    assert interval([0.5]) == "0.500"
