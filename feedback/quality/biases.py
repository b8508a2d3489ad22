"""Biases of annotators: side, length, speed, straight lines; with intervals, so that few votes accuse nobody."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feedback.intervals import Z95
from feedback.quality.votes import Interval, share


@dataclass(frozen=True, slots=True)
class Choice:
    """One decided choice between completions as it was shown; lengths are in characters, time in seconds."""

    place: int  # where the chosen one stood on the screen, from 1
    places: int
    chosen_length: int
    other_length: int  # the mean where there were several others
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Biases:
    """What choices show; None where nothing can be said.

    `first` is the share of choices of the first place less what chance gives; `longer` the share of longer ones
    chosen less a half; `seconds` the median time; `streak` the longest run of one place among pairs, with the
    probability that chance makes one as long.
    """

    first: Interval | None
    longer: Interval | None
    seconds: Interval | None
    streak: int
    streak_chance: float


def biases(choices: Sequence[Choice]) -> Biases:
    """The biases of choices in the order in which they were made."""
    pairs = [choice for choice in choices if choice.places == 2]
    streak = longest_run([choice.place for choice in pairs])
    different = [c for c in choices if c.chosen_length != c.other_length]
    longer = sum(choice.chosen_length > choice.other_length for choice in different)
    return Biases(
        first=_shifted(share(sum(c.place == 1 for c in pairs), len(pairs)), 0.5),
        longer=_shifted(share(longer, len(different)), 0.5),
        seconds=_median([c.seconds for c in choices if c.seconds is not None]),
        streak=streak,
        streak_chance=run_chance(len(pairs), streak),
    )


def longest_run(places: Sequence[int]) -> int:
    """The length of the longest run of equal places."""
    longest = run = 0
    last = None
    for place in places:
        run = run + 1 if place == last else 1
        longest, last = max(longest, run), place
    return longest


def run_chance(choices: int, run: int, chance: float = 0.5) -> float:
    """The probability that `choices` fair choices of two places hold a run of at least `run` of one place.

    Exact: f(n) is the probability of no such run (Feller 1968, chapter XIII.7), by its recurrence over states.
    """
    if run <= 1:
        return 1.0
    if run > choices:
        return 0.0
    # state[k]: the current run has length k + 1, and no run has reached the length yet
    state = np.zeros(run - 1)
    state[0] = 1.0
    for _ in range(choices - 1):
        moved = np.zeros_like(state)
        moved[0] = state.sum() * (1 - chance)
        moved[1:] = state[:-1] * chance
        state = moved
    return float(1 - state.sum())


def _shifted(interval: Interval, by: float) -> Interval | None:
    if interval.n == 0:
        return None
    return Interval(interval.value - by, interval.low - by, interval.high - by, interval.n)


def _median(values: Sequence[float]) -> Interval | None:
    """The median between the order statistics that hold it with 95 % (binomial, normal approximation)."""
    if not values:
        return None
    ordered, n = np.sort(np.array(values)), len(values)
    spread = Z95 * math.sqrt(n) / 2
    low, high = max(0, math.floor(n / 2 - spread)), min(n - 1, math.ceil(n / 2 + spread))
    return Interval(float(np.median(ordered)), float(ordered[low]), float(ordered[high]), n)
