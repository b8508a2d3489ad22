"""A user's seat in a project: the annotator that they are there, with what they may do, read at once."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery

from feedback.models import Annotator, Item, Membership, Project, Source, User
from feedback.permissions import Ability, abilities_as
from feedback.prepared import Given, Prepared
from feedback.selectors import get_item, get_project


def annotator_for_user(project: Project, user: User) -> Annotator:
    """The user as an annotator of the project."""
    annotator, _ = Annotator.objects.select_related("project").get_or_create(
        project=project, user=user, defaults={"source": Source.HUMAN}
    )
    return annotator


def annotator_at(user: User, slug: str) -> Annotator:
    """The user as an annotator of that project; raises as `get_project` does for who may not judge in it."""
    known = _BY_SLUG.first(user=user.pk, slug=slug)
    if known is not None and _may_judge(user, known):
        return known
    return annotator_for_user(get_project(user, slug, Ability.JUDGE), user)


def annotator_on(user: User, item_id: int) -> Annotator:
    """The user as an annotator of that item's project; raises as `get_item` does."""
    known = _BY_ITEM.first(user=user.pk, item=item_id)
    if known is not None and _may_judge(user, known):
        return known
    return annotator_for_user(get_item(user, item_id, Ability.JUDGE).project, user)


def _may_judge(user: User, seat: Annotator) -> bool:
    role: str | None = seat.role  # type: ignore[attr-defined]  # annotated by _seats
    return Ability.JUDGE in abilities_as(user, role)


def _seats() -> QuerySet[Annotator]:
    role = Membership.objects.filter(project=OuterRef("project"), user=OuterRef("user"))
    seats = Annotator.objects.select_related("project").filter(user=Given("user"))
    return seats.annotate(role=Subquery(role.values("role")))


_BY_SLUG = Prepared(lambda: _seats().filter(project__slug=Given("slug")))
_BY_ITEM = Prepared(
    lambda: _seats().filter(
        project=Subquery(Item.objects.filter(pk=Given("item")).values("project"))
    )
)
