"""What says which answers are better: a reward model, a rule, or a policy asked about pairs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Protocol

from training.judges import both_orders, parse_rule, question, verdict
from training.progress import Reporter, fill_lines
from training.recipes.sample_support.samples import read_lines
from training.sampling import open_policy
from training.sampling.base import SamplingParams

Item = Mapping[str, Any]  # `id`, `messages`, `references`, `answers` (texts)
Stop = Callable[[], bool]

VERDICT = SamplingParams(temperature=0, max_new_tokens=16)


@dataclass(frozen=True, slots=True)
class Grades:
    """A number for each answer to one prompt; of a judge also who beats whom, and unread replies.

    `wins[i][j]` is the probability that answer i is better than j. A judge's number is the mean of
    its answer's wins over the others.
    """

    scores: list[float]
    wins: list[list[float]] | None = None
    unread: int = 0

    def beats(self, i: int, j: int) -> float:
        """P(answer i is better than j); from numbers sigma(s_i - s_j), as Bradley and Terry have it."""
        if self.wins is not None:
            return self.wins[i][j]
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, self.scores[i] - self.scores[j]))))

    def chances(self) -> list[float]:
        """How likely each answer beats one of all answers drawn at random, itself included."""
        places = range(len(self.scores))
        return [math.fsum(self.beats(i, j) for j in places) / len(places) for i in places]


class Grader(Protocol):
    """Grades the answers to prompts; `absolute` numbers can be compared between prompts."""

    absolute: bool

    def grade(self, items: Sequence[Item], should_stop: Stop) -> list[Grades]:
        """One for each item. Raises Stopped when told to."""
        ...


class RewardGrader:
    """The numbers of a reward model in a directory."""

    absolute = True

    def __init__(self, source: Mapping[str, Any]) -> None:
        from training.sampling.local.reward_models import load_reward_model

        self._model = load_reward_model(source["path"])

    def grade(self, items: Sequence[Item], should_stop: Stop) -> list[Grades]:
        """All answers in batches."""
        rewards = self._model.rewards(
            [
                (item["messages"], [{"role": "assistant", "content": text}])
                for item in items
                for text in item["answers"]
            ],
            should_stop=should_stop,
        )
        numbers = iter(rewards)
        return [Grades([next(numbers) for _ in item["answers"]]) for item in items]


class RuleGrader:
    """The numbers of a rule."""

    absolute = True

    def __init__(self, source: Mapping[str, Any]) -> None:
        self._rule = parse_rule(source["rule"])

    def grade(self, items: Sequence[Item], should_stop: Stop) -> list[Grades]:
        """No model is needed."""
        return [
            Grades([self._rule.reward(text, item["references"]) for text in item["answers"]])
            for item in items
        ]


class JudgeGrader:
    """A policy that is asked which of two answers is better, each pair in both orders."""

    absolute = False

    def __init__(self, source: Mapping[str, Any]) -> None:
        self._policy = open_policy(source)

    def grade(self, items: Sequence[Item], should_stop: Stop) -> list[Grades]:
        """Equal texts are a tie, and nobody is asked; so is a pair of which no reply can be read."""
        return [self._one(item, should_stop) for item in items]

    def _one(self, item: Item, should_stop: Stop) -> Grades:
        texts = item["answers"]
        pairs = [(i, j) for i, j in combinations(range(len(texts)), 2) if texts[i] != texts[j]]
        asked = [
            question(item["messages"], texts[a], texts[b])
            for i, j in pairs
            for a, b in ((i, j), (j, i))
        ]
        replies = self._policy.sample(asked, VERDICT, should_stop=should_stop) if asked else []
        told = [verdict(samples[0].text) for samples in replies]
        wins = [[0.5] * len(texts) for _ in texts]
        for place, (i, j) in enumerate(pairs):
            chance = both_orders(told[2 * place], told[2 * place + 1])
            wins[i][j] = 0.5 if chance is None else chance
            wins[j][i] = 1 - wins[i][j]
        return Grades(_means(wins), wins, sum(one is None for one in told))


def open_grader(source: Mapping[str, Any]) -> Grader:
    """The grader that a run names: `reward_model`, `rule`, or any policy, which then judges."""
    found: Grader = _KINDS.get(source["kind"], JudgeGrader)(source)
    return found


_KINDS: dict[str, Callable[[Mapping[str, Any]], Grader]] = {
    "reward_model": RewardGrader,
    "rule": RuleGrader,
}


def is_judge(source: Mapping[str, Any]) -> bool:
    """Whether answers are compared rather than given numbers."""
    return source["kind"] not in _KINDS


def graded(
    path: Path, source: Mapping[str, Any], items: Sequence[Item], reporter: Reporter
) -> dict[str, Grades]:
    """The grades of each item by its id, kept in a file that an interrupted run goes on with."""
    done = {row["id"] for row in read_lines(path)} if path.exists() else set()
    if any(item["id"] not in done for item in items):
        grader = open_grader(source)

        def answer(chunk: list[Any]) -> list[Mapping[str, Any]]:
            return [asdict(grades) for grades in grader.grade(chunk, reporter.should_stop)]

        fill_lines(path, items, answer, reporter, "Grading")
    rows = {row.pop("id"): row for row in read_lines(path)}
    return {item["id"]: Grades(**rows[item["id"]]) for item in items}


def figures_of(grades: Mapping[str, Grades]) -> dict[str, float]:
    """Of all answers: the mean number, and how many replies of a judge could not be read, if any."""
    scores = [score for one in grades.values() for score in one.scores]
    unread = sum(one.unread for one in grades.values())
    told = {"unread_replies": float(unread)} if unread else {}
    return {"mean_score": math.fsum(scores) / len(scores), **told}


def _means(wins: Sequence[Sequence[float]]) -> list[float]:
    others = len(wins) - 1
    return [
        math.fsum(p for j, p in enumerate(row) if j != i) / others if others else 0.5
        for i, row in enumerate(wins)
    ]
