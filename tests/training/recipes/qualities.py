"""Evidence in a world of four qualities: an answer's opening says which, and everybody agrees on their order."""

from __future__ import annotations

import random
from collections.abc import Iterator

from feedback.evidence import Candidate, Comparison, Context, Evidence, Ranking, Score, Verdict

OPENINGS = ("No idea.", "Hardly.", "Surely.", "Of course!")


def context(number: int, kind: str = "pairwise", annotator: str = "ann") -> Context:
    """A record's context; the prompt is the number's own."""
    prompt = ({"role": "user", "content": f"What about number {number}?"},)
    return Context(judgment=number, item=number, kind=kind, prompt=prompt, annotator=annotator)


def answer(number: int, quality: int) -> Candidate:
    """An answer of that quality."""
    text = f"{OPENINGS[quality]} Number {number} is fine."
    return Candidate(10 * number + quality, text)


def conversation(number: int, quality: int) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """(prompt, completion) as reward models read them."""
    prompt = [{"role": "user", "content": f"What about number {number}?"}]
    return prompt, [{"role": "assistant", "content": answer(number, quality).text}]


def comparisons(n: int, *, ties: bool = False, liar: bool = False) -> Iterator[Evidence]:
    """Pairs of which the better is said, strongly where it is far better.

    With `ties` neighbours in quality are tied; with `liar` a third of the answers are one person's who
    says the opposite.
    """
    chance = random.Random(1)
    for number in range(n):
        first, second = chance.sample(range(4), 2)
        gap = first - second
        lies = liar and number % 3 == 0
        outcome = "first" if (gap > 0) != lies else "second"
        tie = ties and abs(gap) == 1
        yield Comparison(
            context=context(number, annotator="liar" if lies else f"ann {number % 2}"),
            first=answer(number, first),
            second=answer(number, second),
            outcome="tie" if tie else outcome,  # type: ignore[arg-type]
            strength=0.0 if tie else float(abs(gap)),
        )


def divided(n: int) -> Iterator[Evidence]:
    """Pairs judged by six people: four like the better of the two, two the worse."""
    chance = random.Random(3)
    for number in range(n):
        first, second = chance.sample(range(4), 2)
        person = number % 6
        yield Comparison(
            context=context(number, annotator=f"person {person}"),
            first=answer(number, first),
            second=answer(number, second),
            outcome="first" if (first > second) == (person < 4) else "second",
        )


def circular(n: int) -> Iterator[Evidence]:
    """All pairs of three qualities, each of which beats the next and is beaten by the one before."""
    for number in range(n):
        for first in range(3):
            second = (first + 1) % 3
            yield Comparison(
                context=context(number),
                first=answer(number, first),
                second=answer(number, second),
                outcome="first",
            )


def rankings(n: int, *, ties: bool = False) -> Iterator[Evidence]:
    """All four answers in order; with `ties` the middle ones share a tier."""
    for number in range(n):
        best, good, poor, worst = (answer(number, quality) for quality in (3, 2, 1, 0))
        tiers = ((best,), (good, poor), (worst,)) if ties else ((best,), (good,), (poor,), (worst,))
        yield Ranking(context=context(number, "ranking"), tiers=tiers)


def thumbs(n: int) -> Iterator[Evidence]:
    """Thumbs by two people: one likes all but the worst, one only the best."""
    for number in range(n):
        for quality in range(4):
            kind = number % 2
            yield Verdict(
                context=context(number, "thumbs", ("strict", "lenient")[kind]),
                completion=answer(number, quality),
                desirable=quality >= (3, 1)[kind],
            )


def amounts(n: int, *, cap: float = float("inf"), step: float = 0.0) -> Iterator[Evidence]:
    """What the first is worth more than the second: 2 a step of quality to one person, 6 to another.

    Amounts at the `cap` are open above; with a `step` they are intervals of that width.
    """
    chance = random.Random(2)
    for number in range(n):
        first, second = chance.sample(range(4), 2)
        value = (first - second) * (2.0, 6.0)[number % 2]
        low, high = _bounds(abs(value), cap, step)
        if value < 0:
            low, high = -high, -low
        yield Score(
            context=context(number, "willingness_to_pay", ("poor", "rich")[number % 2]),
            completion=answer(number, first),
            other=answer(number, second),
            aspect="willingness_to_pay",
            unit="USD",
            value=max(-cap, min(cap, value)),
            low=low,
            high=high,
        )


def ratings(n: int) -> Iterator[Evidence]:
    """Two aspects of each answer: `help` is its quality, `tone` is only rated of every other one."""
    for number in range(n):
        for quality in range(4):
            given = {"help": 1.0 + quality} | ({"tone": float(quality > 1)} if number % 2 else {})
            for aspect, value in given.items():
                yield Score(
                    context=context(number, "rating"),
                    completion=answer(number, quality),
                    aspect=aspect,
                    value=value,
                    low=value,
                    high=value,
                )


def _bounds(size: float, cap: float, step: float) -> tuple[float, float]:
    if size >= cap:
        return cap, float("inf")
    return (size - step / 2, size + step / 2) if step else (size, size)
