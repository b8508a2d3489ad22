"""Rankings, comparisons and ratings as lists: several completions of a prompt, each with how good it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from statistics import fmean

from feedback.evidence import Candidate, Comparison, Context, Evidence, Ranking, Score
from training.recipes.base import Rows
from training.recipes.trl_support.rows import Row, about, answer_of, collect, messages_of

FEWEST = 8
COMMON = ("prompt", "weight", "about")  # to all pairs of a list

Scale = tuple[str, str]  # aspect and unit
Ends = Mapping[Scale, tuple[float, float]]


def list_rows(evidence: Iterable[tuple[str, Evidence]], *, aspect: str = "") -> Rows:
    """Rows `prompt`, `completions` (the best first), `scores` in [0, 1], `tiers` from 0, `weight`, `about`.

    A comparison is a list of two. In a ranking a completion's score is the share of the list that it beats, a tie
    as half (Liu et al. 2024, arXiv:2402.01878); scores of one judgment make a list, each aspect stretched to [0, 1]
    over the training split and averaged; with `aspect` that one alone. Unusable: what is no list (`not_a_list`),
    lists that are `all_equal` or have fewer than two texts (`too_short`), and those about another `aspect`.
    """
    records = list(evidence)
    ends = _ends(records)
    outcomes: list[tuple[str, Row | str]] = []
    rated: dict[tuple[str, int], list[Score]] = defaultdict(list)
    for split, record in records:
        if isinstance(record, Score) and record.other is None:
            if aspect in ("", record.aspect):
                rated[split, record.context.judgment].append(record)
            else:
                outcomes.append((split, "aspect"))
        else:
            outcomes.append((split, _ranked(record)))
    outcomes += [(split, _rated(scores, ends)) for (split, _), scores in rated.items()]
    return collect(outcomes)


def missing_lists(counts: Mapping[str, int]) -> list[str]:
    """Why there are too few lists to train on; nothing where there are enough."""
    have = counts.get("ranked_train", 0) + counts.get("graded_train", 0)
    if have >= FEWEST:
        return []
    return [
        f"{FEWEST} rankings, or judgments that rate several answers differently, are needed to train on, and there "
        f"are {have}."
    ]


def pairs_of_lists(rows: Iterable[Row]) -> list[Row]:
    """All pairs of different tiers, as held-out pairs: `prompt`, `chosen`, `rejected`, `weight`, `about`."""
    return [
        {**{name: row[name] for name in COMMON}, "chosen": first, "rejected": second}
        for row in rows
        for (first, above), (second, below) in combinations(
            zip(row["completions"], row["tiers"], strict=True), 2
        )
        if above < below
    ]


def _ranked(record: Evidence) -> Row | str:
    if isinstance(record, Comparison):
        if record.aspect is not None or record.outcome == "both_bad":
            return "aspect" if record.aspect is not None else "both_bad"
        sides = record.ordered()
        both = (record.first, record.second)
        tiers: tuple[tuple[Candidate, ...], ...] = ((sides[0],), (sides[1],)) if sides else (both,)
    elif isinstance(record, Ranking):
        tiers = record.tiers
    else:
        return "not_a_list"
    flat = [(float(-rank), one) for rank, tier in enumerate(tiers) for one in tier]
    return _row(record.context, flat, share_of_wins=True)


def _rated(scores: Sequence[Score], ends: Ends) -> Row | str:
    """The list of one judgment's scores."""
    found: dict[int, tuple[Candidate, list[float]]] = {}
    for score in scores:
        low, high = ends.get((score.aspect, score.unit), (score.value, score.value))
        value = (score.value - low) / (high - low) if high > low else 0.5
        clipped = min(1.0, max(0.0, value))
        found.setdefault(score.completion.id, (score.completion, []))[1].append(clipped)
    flat = [(fmean(values), one) for one, values in found.values()]
    return _row(scores[0].context, flat, share_of_wins=False)


def _row(
    context: Context, flat: Sequence[tuple[float, Candidate]], *, share_of_wins: bool
) -> Row | str:
    """The list without images, empty texts and repetitions, the best first."""
    texts: dict[str, tuple[float, Candidate]] = {}
    for value, one in flat:
        if one.flaw() is None:
            texts.setdefault(one.text, (value, one))
    usable = sorted(texts.values(), key=lambda pair: -pair[0])
    values = [value for value, _ in usable]
    if len(usable) < 2:
        return next((flaw for _, one in flat if (flaw := one.flaw())), "too_short")
    levels = sorted(set(values), reverse=True)
    if len(levels) == 1:
        return "all_equal"
    return {
        "prompt": messages_of(context),
        "completions": [answer_of(one) for _, one in usable],
        "scores": _wins(values) if share_of_wins else values,
        "tiers": [levels.index(value) for value in values],
        "weight": float(context.weight),
        "about": about(context),
    }


def _wins(values: Sequence[float]) -> list[float]:
    """For each value the share of the list that it beats, the others that tie with it as half."""
    count = len(values)
    beaten = [sum(v > w for w in values) for v in values]
    tied = [sum(v == w for w in values) - 1 for v in values]
    return [(wins + ties / 2) / count for wins, ties in zip(beaten, tied, strict=True)]


def _ends(evidence: Iterable[tuple[str, Evidence]]) -> Ends:
    """The least and the greatest score of the training split, by aspect and unit."""
    values: dict[Scale, list[float]] = defaultdict(list)
    for split, record in evidence:
        if split == "train" and isinstance(record, Score) and record.other is None:
            values[record.aspect, record.unit].append(record.value)
    return {scale: (min(found), max(found)) for scale, found in values.items()}
