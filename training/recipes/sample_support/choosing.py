"""Which two of a prompt's answers make a pair to learn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

from feedback.errors import InvalidInput
from training.recipes.sample_support.graders import Grades
from training.recipes.sample_support.pair_training import Row, pair_row
from training.recipes.sample_support.rounds import Round

FEWEST_PAIRS = 4

Item = Mapping[str, Any]
Choose = Callable[[Item, Grades], Row | str]


def best_and_worst(item: Item, grades: Grades) -> Row | str:
    """The answers with the highest and the lowest number; `tie` or `identical` where there are not two."""
    return _extremes(item, grades.scores, grades)


def likely_winner_and_loser(item: Item, grades: Grades) -> Row | str:
    """The answers likeliest and least likely to beat a sample of the policy, for SPPO."""
    return _extremes(item, grades.chances(), grades)


def own_and_reference(item: Item, grades: Grades) -> Row | str:
    """The better of the policy's answer, which comes first, and the reference's, for XPO."""
    row = best_and_worst(item, grades)
    if isinstance(row, str):
        return row
    reference = item["answers"][1]
    return {**row, "explored": 1.0 if row["chosen"][0]["content"] == reference else -1.0}


def pairs_of(
    items: Iterable[Item], grades: Mapping[str, Grades], choose: Choose
) -> tuple[list[Row], dict[str, int]]:
    """(rows, how many prompts gave none, by reason)."""
    rows: list[Row] = []
    lost: Counter[str] = Counter()
    for item in items:
        outcome = choose(item, grades[item["id"]])
        if isinstance(outcome, str):
            lost[outcome] += 1
        else:
            rows.append(outcome)
    return rows, dict(sorted(lost.items()))


def nothing_left(
    turn: Round, rows: Sequence[Row], lost: Mapping[str, int], grades: Mapping[str, Grades]
) -> dict[str, Any] | None:
    """The report of a round with too few pairs, which ends the training; None where there are enough.

    Raises InvalidInput `nothing_to_learn` in the first round.
    """
    if len(rows) >= FEWEST_PAIRS:
        return None
    if turn.number == 1:
        refuse(len(rows), lost, sum(one.unread for one in grades.values()))
    return {"steps": 0, "rows": {"train": 0, "unusable": dict(lost), "too_long": 0}}


def check_told_apart(grades: Mapping[str, Grades], *, between: bool = False) -> int:
    """How many prompts have answers that the grader told apart; with `between` all prompts' answers
    are compared with each other, and all count where two of them differ.

    Raises InvalidInput `nothing_to_learn` with fewer than four.
    """
    groups = [one.scores for one in grades.values()]
    told = sum(max(scores) > min(scores) for scores in groups)
    if between and len({score for scores in groups for score in scores}) > 1:
        told = len(groups)
    if told < FEWEST_PAIRS:
        unread = sum(one.unread for one in grades.values())
        refuse(told, {"tie": len(groups) - told}, unread)
    return told


def refuse(have: int, lost: Mapping[str, int], unread: int) -> NoReturn:
    """Raises InvalidInput `nothing_to_learn`: why prompts taught nothing, and replies of a judge that
    could not be read.
    """
    details = [{"where": k, "message": f"{v} prompts gave no pair"} for k, v in lost.items() if v]
    said, hint = (
        "",
        "Sample more answers at a higher temperature, or choose a grader that tells them apart.",
    )
    if unread:
        said = f" {unread} replies of the judge could not be read."
        hint = "Choose a judge that replies A or B when it is asked which of two answers is better."
        details.append({"where": "unread_replies", "message": f"{unread} replies were unread"})
    raise InvalidInput(
        f"Only {have} prompts have answers of which the grader finds one better, and at least "
        f"{FEWEST_PAIRS} are needed.{said}",
        code="nothing_to_learn",
        hint=hint,
        details=details,
    )


def _extremes(item: Item, numbers: Sequence[float], grades: Grades) -> Row | str:
    """An empty answer may lose, and never wins."""
    texts, chances = item["answers"], grades.chances()
    worst = min(range(len(texts)), key=lambda place: numbers[place])
    others = [p for p, text in enumerate(texts) if text.strip() and text != texts[worst]]
    if not others:
        return "identical"
    best = max(others, key=lambda place: numbers[place])
    if numbers[best] <= numbers[worst]:
        return "tie"
    return pair_row(
        item["messages"], texts[best], texts[worst], chances=(chances[best], chances[worst])
    )
