"""Which projects there are for a user."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from feedback.errors import NotFound
from feedback.models import Project, User
from feedback.permissions import Ability, require


def projects_of(user: User | AnonymousUser) -> QuerySet[Project]:
    """Projects that the user may see; staff see all."""
    projects = Project.objects.filter(archived_at=None)
    if not user.is_authenticated:
        return projects.none()
    return projects if user.is_staff else projects.filter(memberships__user=user)


def get_project(user: User | AnonymousUser, slug: str, ability: Ability) -> Project:
    """The project, if the user may do that in it; raises NotFound or NotAllowed."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise NotFound("There is no such project, or you are not a member of it.")
    require(user, project, ability)
    return project
