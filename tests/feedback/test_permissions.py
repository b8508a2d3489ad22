"""Who may do what in a project, role by role."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from feedback.errors import NotAllowed, NotFound
from feedback.models import Project, User
from feedback.permissions import Ability, abilities, require

HELD = {
    "owner": set(Ability),
    "staff": set(Ability),
    "reviewer": {Ability.JUDGE, Ability.VIEW, Ability.REVIEW, Ability.SAMPLE},
    "annotator": {Ability.JUDGE},
    "stranger": set(),
}


@pytest.mark.parametrize("role", HELD)
def test_abilities(role: str, project: Project, request: pytest.FixtureRequest) -> None:
    """Each ability is held or refused; strangers do not learn that the project exists."""
    user = request.getfixturevalue(role)
    assert abilities(user, project) == HELD[role]
    for ability in Ability:
        if ability in HELD[role]:
            require(user, project, ability)
        else:
            with pytest.raises(NotFound if role == "stranger" else NotAllowed):
                require(user, project, ability)


def test_nobody_and_the_inactive_hold_nothing(project: Project, owner: User, staff: User) -> None:
    assert abilities(AnonymousUser(), project) == set()
    for user in (owner, staff):
        user.is_active = False
        assert abilities(user, project) == set()
