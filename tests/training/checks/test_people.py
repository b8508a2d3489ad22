"""How far people agree, read from evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from training.checks.people import agreement_of


def vote(make: Any, annotator: str, *, good: str = "yes", bad: str = "no", **context: Any) -> Any:
    """One person's view of the same two answers to one prompt."""
    record = make.comparison(1, good=good, bad=bad)
    return replace(record, context=replace(record.context, annotator=annotator, **context))


def test_people_who_judged_the_same_two_answers_agree_or_not(make: Any) -> None:
    votes = [vote(make, "ann"), vote(make, "bob"), vote(make, "cem", good="no", bad="yes")]
    found = agreement_of([("train", record) for record in votes])
    assert found["human_agreement"]["value"] == pytest.approx(1 / 3)
    assert "self_agreement" not in found
    again = agreement_of([("test", vote(make, "ann")), ("train", vote(make, "ann"))])
    assert again["self_agreement"]["value"] == 1.0


def test_what_was_judged_once_tells_nothing(make: Any) -> None:
    other = vote(make, "bob", good="quite", bad="other")
    judge = vote(make, "gpt", source="judge")
    tie = replace(vote(make, "cem"), outcome="tie")
    records = [("train", r) for r in (vote(make, "ann"), other, judge, tie)]
    assert agreement_of(records) == {}
