"""Items and leases by their ids, and who may learn what wrote them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import (
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    prefetch_related_objects,
)
from django.db.models.functions import Coalesce

from feedback.errors import NotFound
from feedback.models import (
    Assignment,
    AssignmentState,
    Item,
    ItemCompletion,
    Judgment,
    Project,
    Submission,
    User,
)
from feedback.permissions import Ability, require
from feedback.selectors.judgments import given_judgments
from feedback.selectors.rounds import IN_USE


def item_detail(project: Project, item_id: int) -> Item:
    """An item with its prompt and completions; raises NotFound."""
    item = items_of(project).filter(pk=item_id).first()
    if item is None:
        raise NotFound("There is no such item in this project.", code="unknown_item")
    return item


def get_item(user: User | AnonymousUser, pk: int, ability: Ability) -> Item:
    """An item, withdrawn ones too, if the user may do that in its project. Raises NotFound, NotAllowed."""
    item = Item.objects.select_related("project", "prompt").filter(pk=pk).first()
    try:
        if item is not None:
            require(user, item.project, ability)
            return item
    except NotFound:
        pass  # a stranger must not learn whether there is such an item
    raise NotFound("There is no such item, or you may not see it.", code="unknown_item")


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

    Blind items keep it from everybody until they have judged, or nobody is left who could. Reactions to a
    completion keep it from those who could still judge the same completion blind.
    """
    if (item.external_id or "").startswith(IN_USE) and _waits_blind(item, user):
        return False
    if not item.blind:
        return True
    prefetch_related_objects([item], _given())  # unless the item came with them
    people = {j.annotator.user_id for j in item.judgments.all() if j.annotator.user_id}
    return user.pk in people or len(people) >= item.overlap


def shown_to(judgments: QuerySet[Judgment], user: User | AnonymousUser) -> QuerySet[Judgment]:
    """Those about items of which the user may learn what wrote the completions: `names_shown` for many at once."""
    given = given_judgments().filter(item=OuterRef("item"), annotator__user__isnull=False)
    counted = given.order_by().values("item").annotate(n=Count("annotator__user", distinct=True))
    missing = Q(people__lt=F("item__overlap"))
    blind = Q(item__blind=True) & missing & ~Exists(given.filter(annotator__user=user.pk))
    waits = Q(item__external_id__startswith=IN_USE) & Exists(
        _blind_to(user).filter(slots__completion__slots__item=OuterRef("item"))
    )
    people = Coalesce(Subquery(counted.values("n"), output_field=IntegerField()), 0)
    return judgments.alias(people=people).exclude(blind).exclude(waits)


def _waits_blind(item: Item, user: User | AnonymousUser) -> bool:
    """Whether a completion of the item is in a blind one that the user has not judged and that is open."""
    completions = [slot.completion_id for slot in item.slots.all()]
    others = _blind_to(user).filter(slots__completion__in=completions)
    return others.exclude(pk=item.pk).exists()


def _blind_to(user: User | AnonymousUser) -> QuerySet[Item]:
    """Blind items that are open and that the user has not judged."""
    free = Q(places__gt=0) | Q(assignments__state=AssignmentState.OPEN)
    others = Item.objects.filter(free, blind=True, withdrawn_at=None)
    return others.exclude(judgments__annotator__user=user.pk)


def with_answers(items: QuerySet[Item]) -> QuerySet[Item]:
    """The items, each with `answers`: how many submissions about it count. Only rows that are read are counted."""
    counted = given_judgments().filter(item=OuterRef("pk")).order_by().values("item")
    n = counted.annotate(n=Count("submission", distinct=True)).values("n")
    return items.annotate(answers=Coalesce(Subquery(n, output_field=IntegerField()), 0))


def items_of(project: Project) -> QuerySet[Item]:
    """Items with what lists show of them."""
    return (
        Item.objects.filter(project=project, withdrawn_at=None)
        .select_related("prompt")
        .prefetch_related(
            Prefetch("slots", ItemCompletion.objects.select_related("completion")),
            _given(),
        )
    )


def _given() -> Prefetch[Any]:
    return Prefetch("judgments", given_judgments().select_related("annotator__user"))
