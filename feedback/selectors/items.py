"""Items and leases by their ids, and who may learn what wrote them."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, QuerySet

from feedback.errors import NotFound
from feedback.models import Assignment, Item, ItemCompletion, Project, Submission, User
from feedback.permissions import Ability, abilities, require
from feedback.selectors.judgments import live_judgments


def item_detail(project: Project, item_id: int) -> Item:
    """An item with its prompt and completions; raises NotFound."""
    item = items_of(project).filter(pk=item_id).first()
    if item is None:
        raise NotFound("There is no such item in this project.", code="unknown_item")
    return item


def get_item(user: User | AnonymousUser, pk: int, ability: Ability) -> Item:
    """An item, withdrawn ones too, if the user may do that in its project. Raises NotFound, NotAllowed."""
    item = Item.objects.select_related("project", "prompt").filter(pk=pk).first()
    if item is None or not abilities(user, item.project):
        raise NotFound("There is no such item, or you may not see it.", code="unknown_item")
    require(user, item.project, ability)
    return item


def get_assignment(user: User | AnonymousUser, pk: int) -> Assignment:
    """A lease of the user's own, whatever its state. Raises NotFound `unknown_assignment`, NotAllowed."""
    mine = Assignment.objects.select_related("item__project", "item__prompt", "annotator")
    assignment = mine.filter(pk=pk, annotator__user=user.pk).first() if user.pk else None
    if assignment is None:
        raise NotFound("There is no such assignment of yours.", code="unknown_assignment")
    require(user, assignment.item.project, Ability.JUDGE)
    return assignment


def get_submission(user: User | AnonymousUser, pk: int) -> Submission:
    """A submission of the user's own. Raises NotFound `unknown_submission`, NotAllowed."""
    mine = Submission.objects.select_related("item__project", "item__prompt", "annotator")
    submission = mine.filter(pk=pk, annotator__user=user.pk).first() if user.pk else None
    if submission is None:
        raise NotFound("There is no such submission of yours.", code="unknown_submission")
    require(user, submission.item.project, Ability.JUDGE)
    return submission


def names_shown(item: Item, user: User | AnonymousUser) -> bool:
    """Whether a user with VIEW may learn what wrote the item's completions.

    Blind items keep it from everybody until they have judged, or nobody is left who could.
    """
    if not item.blind:
        return True
    people = {j.annotator.user_id for j in item.judgments.all() if j.annotator.user_id}
    return user.pk in people or len(people) >= item.overlap


def items_of(project: Project) -> QuerySet[Item]:
    """Items with what lists show of them."""
    return (
        Item.objects.filter(project=project, withdrawn_at=None)
        .select_related("prompt")
        .prefetch_related(
            Prefetch("slots", ItemCompletion.objects.select_related("completion")),
            Prefetch("judgments", live_judgments().select_related("annotator__user")),
        )
    )
