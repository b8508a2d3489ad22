"""The figures of one kind's answers: agreement by tag and week, pairs of annotators, machines, consensus."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from feedback.quality.agreement import Level, alpha, kappa
from feedback.quality.consensus import Consensus, consensus
from feedback.quality.votes import Answered, Interval, Value, Vote

MOST_TAGS, MOST_WEEKS, MOST_PAIRED, MOST_MACHINES = 20, 26, 12, 20
FEWEST_UNITS = 10  # with fewer shared items a figure would say next to nothing
MOST_CONTESTED = 500
BINS = 10
HUMAN = "human"
PARTS = 64  # more than the completions of any item: a unit is the item's id times this, and the completion's index


def figures_of(answers: Sequence[Answered], level: Level) -> dict[str, Any]:
    """Everything that the report says of one kind, as JSON. Machines' answers count apart from people's."""
    people = [one for one in answers if one.source == HUMAN and one.value is not None]
    machines = [one for one in answers if one.source != HUMAN and one.value is not None]
    agreed = consensus([Vote(one.item, one.annotator, _value(one)) for one in people])
    people, machines = _by_part(people), _by_part(machines)
    said = consensus([_vote(one) for one in people])
    return {
        "items": len({one.item for one in answers}),
        "shared": sum(one.votes > 1 for one in agreed.values()),
        "alpha": _alpha(people, level),
        "tags": list(_groups(_by_tag(people), level)),
        "weeks": list(_groups(_by_week(people), level)),
        "pairs": pairs_of(people, level),
        "machines": list(_machines(said, machines, level)),
        "consensus": _spread(agreed),
        "contested": _contested(agreed),
        "others": with_others(people, level),
    }


def pairs_of(people: Sequence[Answered], level: Level) -> dict[str, Any]:
    """Agreement of the most active annotators two by two: kappa, or alpha where values are numbers."""
    active = [name for name, _ in Counter(one.annotator for one in people).most_common(MOST_PAIRED)]
    given = _values(people)
    cells = []
    for n, first in enumerate(active):
        for second in active[n + 1 :]:
            found = _between(given[first], given[second], level)
            if found is not None:
                cells.append({"first": first, "second": second, **asdict(found)})
    return {"figure": _figure(level), "annotators": active, "cells": cells}


def with_others(people: Sequence[Answered], level: Level) -> dict[str, Any]:
    """Each annotator's agreement with what the others say of the same items, where they do not stand even."""
    totals: dict[int, Counter[Value]] = defaultdict(Counter)
    for one in people:
        totals[_unit(one)].update([_value(one)])
    found = {}
    for name, own in _values(people).items():
        rest = {item: _most(totals[item], value, level) for item, value in own.items()}
        others = {item: value for item, value in rest.items() if value is not None}
        figure = _between(own, others, level)
        if figure is not None:
            found[name] = asdict(figure)
    return found


def _most(counts: Counter[Value], own: Value, level: Level) -> Value | None:
    """What the others say: their commonest value, their mean of numbers; None without one."""
    left = +(counts - Counter([own]))
    if not left:
        return None
    if level == "interval":
        return sum(float(value) * n for value, n in left.items()) / left.total()
    (first, n), *more = left.most_common(2)
    return None if more and more[0][1] == n else first


def _machines(
    agreed: Mapping[int, Consensus], machines: Sequence[Answered], level: Level
) -> Iterator[dict[str, Any]]:
    """People's consensus against each judge and imported name, where people are not split."""
    said = {unit: one.value for unit, one in agreed.items() if not one.split}
    sources = {one.annotator: one.source for one in machines}
    given = _values(machines)
    for name, _ in Counter(one.annotator for one in machines).most_common(MOST_MACHINES):
        found = _between(said, given[name], level)
        if found is not None:
            figure = _figure(level)
            yield {"annotator": name, "source": sources[name], "figure": figure, **asdict(found)}


def _between(
    first: Mapping[int, Value], second: Mapping[int, Value], level: Level
) -> Interval | None:
    shared = first.keys() & second.keys()
    if len(shared) < FEWEST_UNITS:
        return None
    if level == "nominal":
        return kappa(first, second)
    both = [
        Vote(item, name, given[item])
        for name, given in (("1", first), ("2", second))
        for item in shared
    ]
    return alpha(both, level)


def _groups(groups: Mapping[str, list[Answered]], level: Level) -> Iterator[dict[str, Any]]:
    """Alpha of each group with enough items that several judged."""
    for name, rows in groups.items():
        found = _alpha(rows, level)
        if found is not None and found["n"] >= FEWEST_UNITS:
            yield {"name": name, **found}


def _by_tag(people: Sequence[Answered]) -> dict[str, list[Answered]]:
    groups: dict[str, list[Answered]] = defaultdict(list)
    for one in people:
        for tag in set(one.tags):
            groups[str(tag)].append(one)
    largest = sorted(groups, key=lambda tag: (-len(groups[tag]), tag))[:MOST_TAGS]
    return {tag: groups[tag] for tag in largest}


def _by_week(people: Sequence[Answered]) -> dict[str, list[Answered]]:
    groups: dict[str, list[Answered]] = defaultdict(list)
    for one in people:
        year, week, _ = one.created.isocalendar()
        groups[f"{year}-W{week:02}"].append(one)
    return {week: groups[week] for week in sorted(groups)[-MOST_WEEKS:]}


def _alpha(rows: Sequence[Answered], level: Level) -> dict[str, Any] | None:
    found = alpha([_vote(one) for one in rows], level)
    return None if found is None else asdict(found)


def _spread(agreed: Mapping[int, Consensus]) -> dict[str, Any]:
    """How sure the consensus is, over items that several people judged: entropy in bits, in bins."""
    shared = [one for one in agreed.values() if one.votes > 1]
    top = max((one.entropy for one in shared), default=0.0) or 1.0
    counts = Counter(min(BINS - 1, int(one.entropy / top * BINS)) for one in shared)
    return {
        "items": len(shared),
        "split": sum(one.split for one in shared),
        "unanimous": sum(one.entropy == 0 for one in shared),
        "bins": [
            {"low": top * n / BINS, "high": top * (n + 1) / BINS, "count": counts[n]}
            for n in range(BINS)
        ],
    }


def _contested(agreed: Mapping[int, Consensus]) -> list[dict[str, Any]]:
    """Items on which people disagree, those first where they do most."""
    unsure = [(item, one) for item, one in agreed.items() if one.entropy > 0]
    unsure.sort(key=lambda pair: (pair[1].share, -pair[1].votes, pair[0]))
    return [
        {"item": item, "share": one.share, "entropy": one.entropy, "votes": one.votes}
        for item, one in unsure[:MOST_CONTESTED]
    ]


def _figure(level: Level) -> str:
    return "kappa" if level == "nominal" else "alpha"


def _values(rows: Sequence[Answered]) -> dict[str, dict[int, Value]]:
    """What each annotator gave to each unit."""
    given: dict[str, dict[int, Value]] = defaultdict(dict)
    for one in rows:
        given[one.annotator][_unit(one)] = _value(one)
    return given


def _value(one: Answered) -> Value:
    assert one.value is not None  # noqa: S101 free text was left out before
    return one.value


def _by_part(answers: Sequence[Answered]) -> list[Answered]:
    """Of kinds that judge completions by themselves one answer for each, of the others the answers as they are."""
    return [
        replace(one, value=value, part=n)
        for one in answers
        for n, value in enumerate(one.parts or [_value(one)])
    ]


def _unit(one: Answered) -> int:
    return one.item * PARTS + one.part


def _vote(one: Answered) -> Vote:
    return Vote(_unit(one), one.annotator, _value(one), cluster=one.item)
