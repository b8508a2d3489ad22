"""What reviewers decided, and the answers that it is about."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from feedback.models import Decision, Item, Judgment, Project
from feedback.selectors.judgments import DECIDED_ANEW, about_items, live_judgments


def standing_decisions(project: Project) -> QuerySet[Decision]:
    """Decisions whose answer still counts: it was neither taken back, nor changed, nor erased."""
    live = live_judgments().filter(pk=OuterRef("judgment"))
    return Decision.objects.filter(Exists(live), item__project=project)


def decisions_on(item: Item) -> QuerySet[Decision]:
    """The item's, by kind, with who decided and for what."""
    standing = standing_decisions(item.project).filter(item=item).order_by("kind")
    return standing.select_related(
        "reviewer", "judgment__submission", "judgment__annotator", "judgment__item"
    )


def decided_only(project: Project) -> QuerySet[Judgment]:
    """What becomes evidence where decisions stand for all: of items and kinds that are decided only the decision."""
    decided = standing_decisions(project).filter(item=OuterRef("item"), kind=OuterRef("kind"))
    chosen = Decision.objects.filter(judgment=OuterRef("pk"))
    return about_items(live_judgments()).filter(Exists(chosen) | ~Exists(decided))


def is_anew(decision: Decision) -> bool:
    """Whether the reviewer answered anew, in place of choosing one of the answers."""
    submission = decision.judgment.submission
    alone = submission.assignment_id is None and submission.amends_id is None
    return alone and submission.key.startswith(DECIDED_ANEW)
