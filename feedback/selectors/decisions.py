"""What reviewers decided, and what still waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from feedback.models import Decision, Item, Judgment, Project
from feedback.selectors.judgments import live_judgments
from feedback.selectors.quality import newest_report

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Disputed:
    """An item on which people disagreed about a kind when the newest report was made."""

    item: Item
    kind: str
    share: float
    votes: int


def standing_decisions(project: Project) -> QuerySet[Decision]:
    """Decisions whose answer still counts: it was neither taken back, nor changed, nor erased."""
    live = live_judgments().filter(pk=OuterRef("judgment"))
    return Decision.objects.filter(Exists(live), item__project=project)


def decided_only(judgments: QuerySet[Judgment], project: Project) -> QuerySet[Judgment]:
    """Of items and kinds that are decided only the decision, of the others all."""
    decided = standing_decisions(project).filter(item=OuterRef("item"), kind=OuterRef("kind"))
    chosen = Decision.objects.filter(judgment=OuterRef("pk"))
    return judgments.filter(Exists(chosen) | ~Exists(decided))


def disputed(project: Project) -> list[Disputed]:
    """The items most in dispute in the newest report, without those decided since; at most fifty."""
    report = newest_report(project)
    rows: list[tuple[str, dict[str, Any]]] = [
        (kind["kind"], row)
        for kind in (report.data["kinds"] if report else ())
        for row in kind["contested"]
    ]
    pks = {row["item"] for _, row in rows}
    items = Item.objects.filter(project=project, withdrawn_at=None).select_related("prompt")
    known = items.in_bulk(pks)
    settled = set(standing_decisions(project).filter(item__in=pks).values_list("item_id", "kind"))
    open_rows = [
        Disputed(known[row["item"]], kind, row["share"], row["votes"])
        for kind, row in rows
        if row["item"] in known and (row["item"], kind) not in settled
    ]
    open_rows.sort(key=lambda one: (one.share, -one.votes, one.item.pk))
    return open_rows[:SHOWN]
