"""What the pages about quality show of a report: rows of figures, and words where an interval allows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from feedback.kinds import KINDS
from feedback.models import Annotator, Project, Report
from feedback.quality.gold import Standing
from feedback.selectors.gold import gold_standing
from feedback.selectors.quality import figures_of
from training.views.intervals import ACCURACY, AGREEMENT, DIFFERENCE, Drawn, drawn

MOST_ROWS = 200
MOST_CONTESTED = 20
CLEARLY = 0.05  # a side is named from five points on, with the whole interval
RARE = 0.001


@dataclass(slots=True)
class Person:
    """One annotator's figures."""

    annotator: Annotator
    judgments: int = 0
    others: list[tuple[str, Drawn]] = field(default_factory=list)
    choices: int = 0
    first: Drawn | None = None
    longer: Drawn | None = None
    seconds: Mapping[str, Any] | None = None
    streak: int = 0
    dawid_skene: Drawn | None = None
    crowd_bt: Drawn | None = None
    remarks: list[str] = field(default_factory=list)
    gold: Standing | None = None


def people_of(project: Project, report: Report) -> list[Person]:
    """The most active annotators of the report, by judgments."""
    rows = report.data["annotators"][:MOST_ROWS]
    known = _annotators(project, [row["annotator"] for row in rows])
    return [person_of(known[row["annotator"]], report) for row in rows if row["annotator"] in known]


def person_of(annotator: Annotator, report: Report | None) -> Person:
    """What the report says of one annotator; empty without one."""
    person = Person(annotator)
    if report is None:
        return person
    figures = figures_of(report, annotator)
    habits, reliability = figures["habits"] or {}, figures["reliability"]
    person.judgments = figures["judgments"]
    for kind, figure in figures["others"].items():
        found = drawn(figure, AGREEMENT)
        if found is not None:
            person.others.append((KINDS[kind].label, found))
    person.choices, person.streak = habits.get("choices", 0), habits.get("streak", 0)
    person.first = drawn(habits.get("first"), DIFFERENCE)
    person.longer = drawn(habits.get("longer"), DIFFERENCE)
    person.seconds = habits.get("seconds")
    person.dawid_skene = drawn(reliability["dawid_skene"], ACCURACY)
    person.crowd_bt = drawn(reliability["crowd_bt"], ACCURACY)
    person.remarks = list(_remarks(habits, reliability["dawid_skene"]))
    return person


def with_gold(person: Person) -> Person:
    """The same with the standing on gold items, where some were answered."""
    standing = gold_standing(person.annotator)
    person.gold = standing if standing.right + standing.wrong else None
    return person


def kinds_of(report: Report, names: Mapping[int, Annotator]) -> list[dict[str, Any]]:
    """Each kind's tables as the page shows them."""
    return [_kind(kind, names) for kind in report.data["kinds"]]


def names_in(project: Project, report: Report) -> dict[int, Annotator]:
    """The annotators whom the kinds' tables name."""
    found: set[int] = set()
    for kind in report.data["kinds"]:
        found.update(int(name) for name in kind["pairs"]["annotators"])
        found.update(int(row["annotator"]) for row in kind["machines"])
    return _annotators(project, sorted(found))


def bars(counts: Sequence[int]) -> list[dict[str, float]]:
    """Heights and tops of bars in a box of 100."""
    most = max(counts, default=0) or 1
    heights = [round(100 * count / most, 1) for count in counts]
    return [{"height": height, "top": round(100 - height, 1)} for height in heights]


def _kind(kind: Mapping[str, Any], names: Mapping[int, Annotator]) -> dict[str, Any]:
    known = KINDS[kind["kind"]]
    spread = kind["consensus"]
    heights = bars([one["count"] for one in spread["bins"]])
    groups = [("By tag", kind["tags"]), ("By week", kind["weeks"])]
    return {
        **kind,
        "label": known.label,
        "overall": drawn(kind["alpha"], AGREEMENT),
        "groups": [
            (title, [(row["name"], drawn(row, AGREEMENT)) for row in rows])
            for title, rows in groups
            if rows
        ],
        "matrix": _matrix(kind["pairs"], names),
        "against": [
            (names.get(int(row["annotator"])), row["figure"], drawn(row, AGREEMENT))
            for row in kind["machines"]
        ],
        "bars": [one | bar for one, bar in zip(spread["bins"], heights, strict=True)],
        "contested": kind["contested"][:MOST_CONTESTED],
    }


def _matrix(
    pairs: Mapping[str, Any], names: Mapping[int, Annotator]
) -> list[tuple[Annotator | None, list[Drawn | None]]]:
    """A row for each annotator with a cell for each; None where too little is shared, and with oneself."""
    cells = {}
    for cell in pairs["cells"]:
        cells[cell["first"], cell["second"]] = cells[cell["second"], cell["first"]] = cell
    if not cells:
        return []
    order = pairs["annotators"]
    return [
        (names.get(int(one)), [drawn(cells.get((one, other)), AGREEMENT) for other in order])
        for one in order
    ]


def _annotators(project: Project, pks: Sequence[int]) -> dict[int, Annotator]:
    found = project.annotators.filter(pk__in=pks).select_related("user")
    return {annotator.pk: annotator for annotator in found}


def _remarks(habits: Mapping[str, Any], accuracy: Mapping[str, Any] | None) -> Iterator[str]:
    """What is said in words: only what a whole interval, or a very small probability, holds up."""
    first = habits.get("first")
    if first and first["low"] > CLEARLY:
        yield "prefers the left"
    if first and first["high"] < -CLEARLY:
        yield "prefers the right"
    if habits and habits["streak_chance"] < RARE:
        yield f"{habits['streak']} choices of one side in a row"
    if accuracy and accuracy["high"] < 0.6:
        yield "choices hardly differ from chance"
