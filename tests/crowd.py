"""A simulated crowd that judges a project through the app's own services."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from feedback import services
from feedback.assignment import next_assignment
from feedback.models import Annotator, Assignment, Project, Role, User
from tests.cast import new_item

# What each word adds to a completion's worth: the taste that a reward model can learn.
WORTH = {
    "sea": 2.0,
    "stone": 1.5,
    "river": 1.0,
    "cloud": 0.5,
    "tree": -0.5,
    "lamp": -1.0,
    "wind": -1.5,
    "glass": -2.0,
}


@dataclass(frozen=True, slots=True)
class Crowd:
    """The annotators by name, and the stored index of the truly better completion of each item."""

    annotators: Mapping[str, Annotator]
    truth: Mapping[int, int]


def crowd_of(
    project: Project, accuracies: Mapping[str, float], *, items: int, overlap: int, seed: int = 0
) -> Crowd:
    """Everybody takes items until none is left; an accuracy below 0 is somebody who always takes the left."""
    chance = random.Random(seed)
    truth = {}
    for n in range(items):
        texts = some_texts(chance)
        better = int(worth(texts[1]) > worth(texts[0]))
        truth[new_item(project, f"Question {n}?", texts, overlap=overlap).pk] = better
    people = {name: _annotator(project, name) for name in accuracies}
    open_for = dict(people)
    while open_for:
        name = chance.choice(sorted(open_for))
        assignment = next_assignment(people[name])
        if isinstance(assignment, Assignment):
            choice = _choice(accuracies[name], truth[assignment.item_id], assignment, chance)
            _answer(assignment, choice, chance)
        else:
            del open_for[name]
    return Crowd(people, truth)


def some_texts(chance: random.Random) -> list[str]:
    """Two texts of a few words of which one is worth more."""
    while True:
        texts = [" ".join(chance.choices(list(WORTH), k=chance.randint(3, 9))) for _ in range(2)]
        if worth(texts[0]) != worth(texts[1]):
            return texts


def worth(text: str) -> float:
    """The sum over the words of a text."""
    return sum(WORTH[word] for word in text.split())


def _annotator(project: Project, name: str) -> Annotator:
    user = User.objects.create_user(name)
    services.add_member(project, user, Role.ANNOTATOR)
    return services.annotator_for_user(project, user)


def _choice(accuracy: float, better: int, assignment: Assignment, chance: random.Random) -> int:
    if accuracy < 0:
        return int(assignment.order[0])
    return better if chance.random() < accuracy else 1 - better


def _answer(assignment: Assignment, choice: int, chance: random.Random) -> None:
    answer = {"pairwise": {"choice": ("first", "second")[choice], "strength": 1}}
    services.submit_judgment(
        services.NewSubmission(
            assignment.item_id,
            assignment.annotator,
            answer,
            f"crowd-{assignment.pk}",
            assignment_id=assignment.pk,
            lead_time=chance.uniform(2, 30),
        )
    )
