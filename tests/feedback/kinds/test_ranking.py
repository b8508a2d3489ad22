"""Ranking: ranks with ties and gaps become tiers; what is no rank is refused."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.evidence import Ranking
from feedback.kinds import get_kind
from tests.feedback.kinds.asking import CONTEXT, THREE, Asked, candidates


@pytest.mark.parametrize(
    ("ranks", "order", "chosen"),
    [
        ([2, 1, 3], "B > A > C", 1),
        ([2, 1, 2], "B > A = C", 1),
        (["1", "3", "1"], "A = C > B", None),
        ([3, 3, 1], "C > A = B", 2),
        ([1, 1, 1], "A = B = C", None),
    ],
)
def test_ranks_become_tiers(ranks: list[Any], order: str, chosen: int | None) -> None:
    asked = Asked("ranking", THREE)
    answer = asked.parse({"ranks": ranks})
    assert asked.describe({"ranks": ranks}) == asked.kind.agreement_value(answer) == order
    assert asked.kind.chosen(answer) == chosen
    letters = dict(zip("ABC", THREE, strict=True))
    tiers = tuple(tuple(letters[name] for name in t.split(" = ")) for t in order.split(" > "))
    assert asked.evidence({"ranks": ranks}) == [Ranking(context=CONTEXT, tiers=tiers)]


def test_gaps_do_not_matter() -> None:
    asked = Asked("ranking", THREE)
    assert asked.evidence({"ranks": [3, 1, 3]}) == asked.evidence({"ranks": [2, 1, 2]})


@pytest.mark.parametrize("ranks", [[], ["", "", ""]])
def test_what_cannot_be_ranked_says_why_and_is_no_evidence(ranks: list[str]) -> None:
    asked = Asked("ranking", THREE)
    payload = {"ranks": ranks, "unrankable": "All\n  empty."}
    assert asked.evidence(payload) == []
    assert asked.describe(payload) == "cannot be ranked: All empty."
    assert asked.kind.chosen(asked.parse(payload)) is None
    assert asked.kind.agreement_value(asked.parse(payload)) is None


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ({}, ("ranking", "There are 3 completions and 0 ranks; rank each one.")),
        (
            {"ranks": [], "unrankable": " "},
            ("ranking", "There are 3 completions and 0 ranks; rank each one."),
        ),
        ({"ranks": [1, 2]}, ("ranking", "There are 3 completions and 2 ranks; rank each one.")),
        (
            {"ranks": [1, 2, 3, 1]},
            ("ranking", "There are 3 completions and 4 ranks; rank each one."),
        ),
        (
            {"ranks": [1, 2, 4]},
            ("ranking", "Rank 4 of completion 2 does not exist; use 1 to 3."),
        ),
        (
            {"ranks": [0, 1, 2]},
            ("ranking", "Rank 0 of completion 0 does not exist; use 1 to 3."),
        ),
        ({"ranks": ["1", "", "2"]}, ("ranks", "every completion needs a rank")),
        ({"ranks": ["", "1", "2", "3"]}, ("ranks", "every completion needs a rank")),
        ({"ranks": [True, 2, 3]}, ("ranks.0", "a whole number is needed, not true or false")),
        ({"ranks": [float("nan"), 2, 3]}, ("ranks.0", "Input should be a finite number")),
        (
            {"ranks": [1, 2, 3], "unrankable": "no"},
            (
                "ranking",
                "Either rank the completions or say why they cannot be ranked, not both.",
            ),
        ),
    ],
)
def test_what_does_not_fit_is_named(payload: dict[str, Any], problem: tuple[str, str]) -> None:
    assert Asked("ranking", THREE).refused(payload) == [problem]


def test_ties_can_be_forbidden() -> None:
    asked = Asked("ranking", THREE, {"ties": False})
    assert asked.parse({"ranks": [3, 1, 2]})
    told = "Two completions have the same rank; here each needs its own."
    assert asked.refused({"ranks": [1, 2, 2]}) == [("ranking", told)]


def test_from_two_to_ten_completions() -> None:
    kind = get_kind("ranking")
    allowed = [n for n in range(13) if kind.completions_problem(n) is None]
    assert allowed == list(range(2, 11))
    ten = Asked("ranking", candidates(*"abcdefghij"))
    assert ten.describe({"ranks": list(range(10, 0, -1))}).startswith("J > I")
