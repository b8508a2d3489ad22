"""What waits for a reviewer: items on which people disagree, from the newest report or from the answers themselves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from feedback.kinds import get_kind
from feedback.models import Item, Judgment, Project, Report, Source
from feedback.selectors.decisions import standing_decisions
from feedback.selectors.judgments import counted_judgments, stored_answer
from feedback.selectors.quality import newest_report
from feedback.selectors.rounds import IN_USE

SHOWN = 50
WINDOW, WINDOWS = 500, 10  # items that are looked at together, and how often at most for one page


@dataclass(frozen=True, slots=True)
class Disputed:
    """An item on which people disagree about a kind: the commonest value's share of their answers."""

    item: Item
    kind: str
    share: float
    votes: int


@dataclass(frozen=True, slots=True)
class Disputes:
    """A page of the queue and where the next one begins; `report` is where it comes from, if there is one."""

    rows: Sequence[Disputed]
    after: int | None
    report: Report | None


Found = tuple[int, str, float, int]  # item, kind, share, votes


def disputed(project: Project, after: int | None = None) -> Disputes:
    """The undecided items in dispute, at most fifty from `after` on, which the page before told.

    With a report those on which people disagree most come first, as it saw them; `after` is a place in its list.
    Without one the newest items come first: five thousand are looked at for a page, and `after` is an item's id.
    """
    report = newest_report(project)
    if report is not None:
        return _reported(project, report, after or 0)
    return _looked_up(project, after)


def _reported(project: Project, report: Report, after: int) -> Disputes:
    found: list[Found] = [
        (row["item"], kind["kind"], row["share"], row["votes"])
        for kind in report.data["kinds"]
        for row in kind["contested"]
    ]
    found.sort(key=lambda one: (one[2], -one[3], one[0]))
    rows: list[Disputed] = []
    while after < len(found) and len(rows) < SHOWN:
        part = found[after : after + SHOWN - len(rows)]
        rows += _open(project, part)
        after += len(part)
    return Disputes(rows, after if after < len(found) else None, report)


def _looked_up(project: Project, before: int | None) -> Disputes:
    rows: list[Disputed] = []
    for _ in range(WINDOWS):
        pks = _newest(project, before)
        rows += _open(project, _differing(pks))
        if len(rows) > SHOWN:
            last = rows[SHOWN - 1].item.pk  # all its kinds stand on one page
            kept = [one for one in rows if one.item.pk >= last]
            return Disputes(kept, last, None)
        if len(pks) < WINDOW:
            return Disputes(rows, None, None)
        before = pks[-1]
    return Disputes(rows, before, None)


def _newest(project: Project, before: int | None) -> list[int]:
    items = Item.objects.filter(project=project)
    if before is not None:
        items = items.filter(pk__lt=before)
    return list(items.order_by("-pk").values_list("pk", flat=True)[:WINDOW])


def _differing(items: Sequence[int]) -> list[Found]:
    """Of these items and their kinds those on which people's values differ, the newest item first."""
    people = counted_judgments().filter(item__in=items, annotator__source=Source.HUMAN)
    people = people.exclude(item__external_id__startswith=IN_USE)
    several = people.values("item", "kind").annotate(n=Count("answer", distinct=True))
    unlike = {(row["item"], row["kind"]) for row in several.filter(n__gt=1).order_by()}
    values: dict[tuple[int, str], Counter[object]] = defaultdict(Counter)
    for judgment in people.filter(item__in={item for item, _ in unlike}):
        if (judgment.item_id, judgment.kind) in unlike:
            values[judgment.item_id, judgment.kind][_value(judgment)] += 1
    return [
        (item, kind, max(counts.values()) / counts.total(), counts.total())
        for (item, kind), counts in sorted(values.items(), key=lambda one: (-one[0][0], one[0][1]))
        if len(counts) > 1 and None not in counts
    ]


def _value(judgment: Judgment) -> Any:
    return get_kind(judgment.kind).agreement_value(stored_answer(judgment))


def _open(project: Project, found: Sequence[Found]) -> Iterator[Disputed]:
    """Those that are neither withdrawn nor decided."""
    pks = {one[0] for one in found}
    items = Item.objects.filter(project=project, withdrawn_at=None, gold__isnull=True)
    known = items.select_related("prompt", "project").in_bulk(pks)
    settled = set(standing_decisions(project).filter(item__in=pks).values_list("item_id", "kind"))
    for item, kind, share, votes in found:
        if item in known and (item, kind) not in settled:
            yield Disputed(known[item], kind, share, votes)
