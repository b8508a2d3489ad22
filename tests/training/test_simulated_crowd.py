"""A crowd with spammers and people who always take the left: found, weighed down, and what that gains."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from feedback.models import Project, User
from feedback.quality.consensus import consensus
from feedback.quality.votes import Vote
from feedback.selectors.quality import annotator_weights, newest_report
from feedback.selectors.votes import votes
from tests.crowd import WORTH, Crowd, crowd_of, some_texts, worth
from training.models import Snapshot
from training.recipes import get_recipe
from training.recipes.trl_support.rows import balanced_weights
from training.selectors import snapshot_evidence
from training.services import run_here, start_quality_report, start_snapshot

pytestmark = pytest.mark.django_db(transaction=True)

SORTS = {
    **{f"good-{n}": 0.85 for n in range(8)},
    **{f"spam-{n}": 0.5 for n in range(7)},
    **{f"left-{n}": -1.0 for n in range(5)},
}
ITEMS, OVERLAP = 160, 5


def test_a_bad_crowd_is_found_and_weighed_down(project: Project, owner: User) -> None:
    random.seed(7)  # the sides on which completions are shown
    crowd = crowd_of(project, SORTS, items=ITEMS, overlap=OVERLAP)
    job = run_here(start_quality_report(project, owner))
    assert job.state == "done", job.error
    weights = {method: _by_name(project, crowd, method) for method in ("dawid_skene", "crowd_bt")}
    for method, times in (("dawid_skene", 3), ("crowd_bt", 1.4)):
        good, bad = (_of(sorts, weights[method]) for sorts in (("good",), ("spam", "left")))
        assert np.mean(good) > times * np.mean(bad)
    assert min(_of(("good",), weights["dawid_skene"])) > max(_of(("left",), weights["dawid_skene"]))
    assert _found_left(project, crowd) == {f"left-{n}" for n in range(5)}
    plain, weighed = (_consensus(project, crowd, given) for given in (None, weights["dawid_skene"]))
    before, after = (_learnt(_frozen(project, owner, method)) for method in ("none", "dawid_skene"))
    print(f"consensus {plain:.3f} -> {weighed:.3f}; reward {before:.3f} -> {after:.3f}")  # noqa: T201
    assert weighed > plain + 0.03
    assert after > before + 0.01


def _of(sorts: tuple[str, ...], weights: Mapping[str, float]) -> list[float]:
    return [weight for name, weight in weights.items() if name.startswith(sorts)]


def _by_name(project: Project, crowd: Crowd, method: str) -> dict[str, float]:
    weights = annotator_weights(project, method)
    return {name: weights[one.pseudonym] for name, one in crowd.annotators.items()}


def _found_left(project: Project, crowd: Crowd) -> set[str]:
    """Whom the report's intervals name as taking the left."""
    report = newest_report(project)
    assert report is not None
    habits = report.data["habits"]
    return {
        name
        for name, one in crowd.annotators.items()
        if habits[str(one.pk)]["first"]["low"] > 0.05 and habits[str(one.pk)]["streak"] > 12
    }


def _consensus(project: Project, crowd: Crowd, weights: Mapping[str, float] | None) -> float:
    """The share of items whose consensus is right; one without any has half a chance."""
    ids = {str(one.pk): name for name, one in crowd.annotators.items()}
    given = [
        Vote(one.item, ids[one.annotator], float(one.chosen or 0))
        for one in votes(project, "pairwise")
    ]
    found = consensus(given, weights)
    right = [
        float(found[item].value == better) if item in found else 0.5
        for item, better in crowd.truth.items()
    ]
    return float(np.mean(right))


def _frozen(project: Project, owner: User, weights: str) -> Snapshot:
    job = run_here(start_snapshot(project, owner, {"weights": weights, "held_out": 0}))
    assert job.state == "done", job.error
    return Snapshot.objects.get(pk=job.result["snapshot"])


def _learnt(snapshot: Snapshot) -> float:
    """The accuracy on fresh pairs of a linear reward on words, fitted as the recipe weighs its rows."""
    records = [("train", record) for record in snapshot_evidence(snapshot)]
    rows = balanced_weights(get_recipe("reward_model").rows(records).train)
    sides = [[_words(_text(answer)) for answer in row["completions"]] for row in rows]
    gaps = np.array([chosen - rejected for chosen, rejected in sides])
    weights = np.array([row["weight"] for row in rows])
    taste = np.zeros(len(WORTH))
    for _ in range(500):
        unsure = 1 / (1 + np.exp(gaps @ taste))
        taste += 0.1 * ((weights * unsure) @ gaps / len(rows) - 0.01 * taste)
    chance = random.Random(1)
    fresh = [some_texts(chance) for _ in range(3000)]
    return float(
        np.mean(
            [
                (_words(one) @ taste > _words(other) @ taste) == (worth(one) > worth(other))
                for one, other in fresh
            ]
        )
    )


def _text(messages: Any) -> str:
    return str(messages[-1]["content"])


def _words(text: str) -> Any:
    return np.array([text.split().count(word) for word in WORTH], dtype=float)
