"""Ranking: several completions in order, equals allowed, or why they cannot be ordered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from feedback.evidence import Context, Evidence
from feedback.evidence import Ranking as Tiers
from feedback.kinds.base import (
    LONGEST_REASON,
    MOST_COMPLETIONS,
    Answer,
    Ask,
    Kind,
    Settings,
    Whole,
    letter,
)
from feedback.texts import excerpt


class RankingSettings(Settings):
    """Whether completions may share a rank."""

    ties: bool = Field(default=True, description="Whether several completions may share a rank.")


def _read(value: Any) -> Any:
    # A form that was sent without a script has an empty text for each completion without a rank.
    if not isinstance(value, list) or "" not in value:
        return value
    if any(rank != "" for rank in value):
        raise ValueError("every completion needs a rank")
    return []


class RankingAnswer(Answer):
    """The rank of each completion, or why there is none."""

    ranks: Annotated[list[Whole], BeforeValidator(_read)] = Field(
        default=[],
        max_length=MOST_COMPLETIONS,
        description="The rank of each completion, in stored order: 1 is the best; completions of "
        "equal rank are equally good; ranks may be left out. No rank is above the number of "
        "completions. Empty when `unrankable` gives a reason.",
    )
    unrankable: str = Field(
        default="",
        max_length=LONGEST_REASON,
        description="Why the completions cannot be ranked; empty when they are.",
    )


class Ranking(Kind[RankingAnswer, RankingSettings]):
    """Two to ten completions in tiers, the best first."""

    name = "ranking"
    label = "Ranking"
    summary = "Which completion is best, which next, down to the last?"
    fewest = 2
    most = MOST_COMPLETIONS
    chooses = True
    answer_model = RankingAnswer
    settings_model = RankingSettings

    def problems(self, answer: RankingAnswer, ask: Ask[RankingSettings]) -> Iterable[str]:
        """Each completion has a rank that exists, or a reason says why none has one."""
        ranks, count = answer.ranks, len(ask.candidates)
        if answer.unrankable.strip():
            if ranks:
                yield "Either rank the completions or say why they cannot be ranked, not both."
            return
        if len(ranks) != count:
            yield f"There are {count} completions and {len(ranks)} ranks; rank each one."
        for index, rank in enumerate(ranks):
            if not 1 <= rank <= count:
                yield f"Rank {excerpt(str(rank))} of completion {index} does not exist; use 1 to {count}."
        if not ask.settings.ties and len(set(ranks)) < len(ranks):
            yield "Two completions have the same rank; here each needs its own."

    def evidence(
        self, answer: RankingAnswer, ask: Ask[RankingSettings], context: Context
    ) -> Iterable[Evidence]:
        """One ranking in tiers; nothing when the completions could not be ranked."""
        if answer.ranks:
            tiers = [tuple(ask.candidates[n] for n in tier) for tier in _tiers(answer.ranks)]
            yield Tiers(context=context, tiers=tuple(tiers))

    def agreement_value(self, answer: RankingAnswer) -> str | None:
        """Nominal: the order, such as `B > A = C`; none when there is none."""
        return _order(answer.ranks) or None

    def chosen(self, answer: RankingAnswer) -> int | None:
        """The best one, if it is best alone."""
        best = [n for n, rank in enumerate(answer.ranks) if rank == min(answer.ranks)]
        return best[0] if len(best) == 1 else None

    def describe(self, answer: RankingAnswer, ask: Ask[RankingSettings]) -> str:
        """For example `B > A = C`."""
        return _order(answer.ranks) or f"cannot be ranked: {excerpt(answer.unrankable)}"


def _tiers(ranks: list[int]) -> list[list[int]]:
    return [[n for n, r in enumerate(ranks) if r == rank] for rank in sorted(set(ranks))]


def _order(ranks: list[int]) -> str:
    return " > ".join(" = ".join(letter(n) for n in tier) for tier in _tiers(ranks))
