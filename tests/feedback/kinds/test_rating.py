"""Rating: scores on the settings' scales, and nothing beside them."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.evidence import Score
from feedback.kinds.rating import Aspect, RatingSettings
from tests.feedback.kinds.asking import CONTEXT, TWO, Asked, refused_settings

TASTE = {"name": "taste", "low": -2, "high": 2, "anchors": {"-2": "bad", "2": "good"}}
SETTINGS = {"aspects": [TASTE, {"name": "length", "low": 1, "high": 10}]}


def rated(first: Any = 2, second: Any = -1, **more: Any) -> dict[str, Any]:
    return {
        "ratings": [
            {"completion": 0, "scores": {"taste": first, "length": 5, **more}},
            {"completion": 1, "scores": {"taste": second, "length": "7"}},
        ]
    }


def test_a_score_is_a_point_on_its_scale() -> None:
    asked = Asked("rating", TWO, SETTINGS)
    found = asked.evidence(rated())
    told = [(s.completion.id, s.aspect, s.unit, s.value) for s in found]  # type: ignore[union-attr]
    assert told == [
        (10, "taste", "-2 to 2", 2.0),
        (10, "length", "1 to 10", 5.0),
        (11, "taste", "-2 to 2", -1.0),
        (11, "length", "1 to 10", 7.0),
    ]
    assert found[2] == Score(
        context=CONTEXT,
        completion=TWO[1],
        aspect="taste",
        unit="-2 to 2",
        value=-1.0,
        low=-1.0,
        high=-1.0,
    )
    assert asked.describe(rated()) == "A 2 5, B -1 7"
    assert asked.kind.agreement_value(asked.parse(rated())) == pytest.approx(13 / 4)


def test_the_preset_has_five_anchored_aspects_from_0_to_4() -> None:
    aspects = RatingSettings().aspects
    names = ["helpfulness", "correctness", "coherence", "complexity", "verbosity"]
    assert [aspect.name for aspect in aspects] == names
    assert {aspect.unit for aspect in aspects} == {"0 to 4"}
    assert all(set(aspect.anchors) == set("01234") for aspect in aspects)
    assert [aspect.title for aspect in aspects] == [name.capitalize() for name in names]
    assert Aspect(name="word-choice_b").title == "Word choice b"


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (rated(3), ("rating", "The score of completion 0 in taste is 3; use -2 to 2.")),
        (rated(2, -3), ("rating", "The score of completion 1 in taste is -3; use -2 to 2.")),
        (
            rated(smell=1),
            ("rating", "There is no aspect 'smell' (completion 0); asked are: taste, length."),
        ),
        (
            {
                "ratings": [
                    {"completion": 0, "scores": {"taste": 1, "length": 2}},
                    {"completion": 1, "scores": {"length": 2}},
                ]
            },
            ("rating", "The score of completion 1 in taste is missing."),
        ),
        (
            rated(True),
            ("ratings.0.scores.taste", "a whole number is needed, not true or false"),
        ),
        (rated(float("nan")), ("ratings.0.scores.taste", "Input should be a finite number")),
        (
            rated(1.5),
            (
                "ratings.0.scores.taste",
                "Input should be a valid integer, got a number with a fractional part",
            ),
        ),
        (
            rated(None),
            ("ratings.0.scores.taste", "Input should be a valid integer"),
        ),
        (
            {"ratings": []},
            ("ratings", "List should have at least 1 item after validation, not 0"),
        ),
    ],
)
def test_what_does_not_fit_is_named(payload: dict[str, Any], problem: tuple[str, str]) -> None:
    assert Asked("rating", TWO, SETTINGS).refused(payload) == [problem]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"low": 2}, "high is above low, by 100 at most"),
        ({"low": -60, "high": 60}, "high is above low, by 100 at most"),
        ({"anchors": {"3": "x"}}, "the anchor 3 is not between -2 and 2"),
        ({"anchors": {"one": "x"}}, "the anchor 'one' is no whole number"),
        ({"anchors": {"01": "x"}}, "the anchor '01' is no whole number"),
        ({"anchors": {"1": "x" * 301}}, "the anchor 1 has over 300 characters"),
        ({"name": "Taste"}, "String should match pattern"),
        ({"high": True}, "a whole number is needed, not true or false"),
    ],
)
def test_a_scale_that_is_none_is_refused(changes: dict[str, Any], problem: str) -> None:
    assert problem in refused_settings("rating", {"aspects": [{**TASTE, **changes}]})


def test_aspects_are_some_and_named_once() -> None:
    assert "each aspect is named once" in refused_settings("rating", {"aspects": [TASTE, TASTE]})
    assert "at least 1 item" in refused_settings("rating", {"aspects": []})
