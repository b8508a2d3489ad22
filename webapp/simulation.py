"""Simulated annotators with a known utility and known noise; they judge through the same doors as people."""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from feedback.assignment import next_assignment
from feedback.models import Annotator, Assignment, Project, Role, User
from feedback.selectors import Question, question
from feedback.services import (
    NewSubmission,
    add_member,
    annotator_for_user,
    submit_judgment,
)

Utility = Callable[[str, str], float]  # (prompt, completion) -> what the completion is worth
Answers = dict[str, dict[str, Any]]  # kind -> answer
Judge = Callable[[Question], Answers]

CLEARLY, MUCH = 1.5, 3.0  # differences of utility from which a preference is stronger
TIE = 0.1


@dataclass(frozen=True, slots=True)
class Taste:
    """How simulated people choose: P(a over b) = sigmoid(sharpness * (utility a - utility b)).

    A thumb goes up with sigmoid(sharpness * (utility - threshold)).
    """

    utility: Utility
    sharpness: float = 3.0
    threshold: float = 1.0

    def judge(self, rng: random.Random) -> Judge:
        """Somebody with this taste."""
        return lambda asked: {
            k.kind.name: ANSWERS[k.kind.name](asked, self, rng) for k in asked.kinds
        }


def shuffled(answers: Sequence[Answers], rng: random.Random) -> Judge:
    """Somebody who gives these answers, each to an item that it was not meant for: a control."""
    left = list(answers)
    rng.shuffle(left)
    return lambda asked: left.pop()


def simulated_annotators(project: Project, names: Sequence[str]) -> list[Annotator]:
    """Accounts that nobody can log in to, as annotators of the project."""
    users = [User.objects.get_or_create(username=name)[0] for name in names]
    for user in users:
        if user.has_usable_password():
            user.set_unusable_password()
            user.save()
        add_member(project, user, Role.ANNOTATOR)
    return [annotator_for_user(project, user) for user in users]


def judge_all(annotators: Sequence[Annotator], judge: Judge, most: int | None = None) -> int:
    """The annotators take turns until nothing is open, or `most` are judged; returns how many were."""
    judged = 0
    resting = 0
    while resting < len(annotators) and (most is None or judged < most):
        annotator = annotators[(judged + resting) % len(annotators)]
        lease = next_assignment(annotator)
        if not isinstance(lease, Assignment):
            resting += 1
            continue
        submit_judgment(
            NewSubmission(
                item_id=lease.item_id,
                annotator=annotator,
                answers=judge(question(lease)),
                key=uuid.uuid4().hex,
                assignment_id=lease.pk,
            )
        )
        judged += 1
    return judged


def _pairwise(asked: Question, taste: Taste, rng: random.Random) -> dict[str, Any]:
    first, second = _worth(asked, taste)
    felt = first - second + _logistic(rng) / taste.sharpness
    if abs(felt) < TIE:
        return {"choice": "tie"}
    strength = 1 + (abs(felt) >= CLEARLY) + (abs(felt) >= MUCH)
    return {"choice": "first" if felt > 0 else "second", "strength": strength}


def _thumbs(asked: Question, taste: Taste, rng: random.Random) -> dict[str, Any]:
    thumbs = [
        {
            "completion": index,
            "desirable": worth - taste.threshold + _logistic(rng) / taste.sharpness > 0,
        }
        for index, worth in enumerate(_worth(asked, taste))
    ]
    return {"thumbs": thumbs}


ANSWERS: dict[str, Callable[[Question, Taste, random.Random], dict[str, Any]]] = {
    "pairwise": _pairwise,
    "thumbs": _thumbs,
}


def _worth(asked: Question, taste: Taste) -> list[float]:
    """Utilities in stored order."""
    prompt = asked.messages[-1].content
    stored = sorted(asked.shown, key=lambda shown: shown.index)
    return [taste.utility(prompt, shown.text) for shown in stored]


def _logistic(rng: random.Random) -> float:
    u = min(max(rng.random(), 1e-12), 1 - 1e-12)
    return math.log(u / (1 - u))
