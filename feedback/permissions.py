"""Who may do what in a project: decided here and nowhere else."""

from __future__ import annotations

from enum import StrEnum

from django.contrib.auth.models import AnonymousUser

from feedback.errors import NotAllowed, NotFound
from feedback.models import Membership, Project, Role, User


class Ability(StrEnum):
    """What a member may be permitted to do."""

    JUDGE = "judge"  # take items and answer them
    VIEW = "view"  # see items, judgments, snapshots, jobs, checkpoints
    REVIEW = "review"  # decide where people disagree, and have more of them asked
    SAMPLE = "sample"  # sample policies and ask for blind comparisons
    MANAGE = "manage"  # change the project, its members and its content; import and export
    TRAIN = "train"  # freeze snapshots, start, cancel and resume jobs


_ABILITIES: dict[str, frozenset[Ability]] = {
    Role.ANNOTATOR: frozenset({Ability.JUDGE}),
    Role.REVIEWER: frozenset({Ability.JUDGE, Ability.VIEW, Ability.REVIEW, Ability.SAMPLE}),
    Role.OWNER: frozenset(Ability),
}

_SENTENCES: dict[Ability, str] = {
    Ability.JUDGE: "judge items in",
    Ability.VIEW: "see the content of",
    Ability.REVIEW: "decide between answers in",
    Ability.SAMPLE: "sample policies in",
    Ability.MANAGE: "change",
    Ability.TRAIN: "train models in",
}


def abilities(user: User | AnonymousUser, project: Project) -> frozenset[Ability]:
    """What the user may do in the project; staff may do everything, strangers nothing."""
    if not user.is_authenticated:
        return frozenset()
    role = Membership.objects.filter(project=project, user=user).values_list("role", flat=True)
    return abilities_as(user, role.first())


def abilities_as(user: User, role: str | None) -> frozenset[Ability]:
    """The same for a role, or none, that was read before."""
    if not user.is_active:
        return frozenset()
    return frozenset(Ability) if user.is_staff else _ABILITIES.get(role or "", frozenset())


def require(user: User | AnonymousUser, project: Project, ability: Ability) -> None:
    """Raises NotFound for strangers, who must not learn that the project exists, else NotAllowed."""
    held = abilities(user, project)
    if not held:
        raise NotFound("There is no such project, or you are not a member of it.")
    if ability not in held:
        raise NotAllowed(
            f"Your role does not let you {_SENTENCES[ability]} this project.",
            hint="Ask an owner of the project for another role.",
        )
