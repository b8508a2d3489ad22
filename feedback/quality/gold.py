"""Gold: what answers to items with a known answer say about an annotator."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

PRIOR_RIGHT, PRIOR_WRONG = 4.0, 1.0
# Wald's sequential probability ratio test: a good annotator is right in 85 of 100, a bad one in 55.
GOOD, BAD, ERROR = 0.85, 0.55, 0.05
BOUND = math.log((1 - ERROR) / ERROR)  # 2.944
WARN_AT = BOUND / 2
Verdict = Literal["good", "open", "warned", "paused"]


@dataclass(frozen=True, slots=True)
class Standing:
    """An annotator's answers to gold: the posterior of being right, and where the test stands.

    `mean`, `low` and `high` are of the Beta posterior (95 %, normal approximation of its logit);
    `evidence` is the log likelihood ratio of bad against good, paused from 2.94.
    """

    right: int
    wrong: int
    mean: float
    low: float
    high: float
    evidence: float
    verdict: Verdict

    @property
    def weight(self) -> float:
        """The weight of this annotator's votes: the posterior's log odds, never below 0."""
        return max(0.0, math.log(self.mean / (1 - self.mean)))


def standing(right: int, wrong: int) -> Standing:
    """What so many right and wrong answers amount to (Wald 1945; prior Beta(4, 1))."""
    a, b = PRIOR_RIGHT + right, PRIOR_WRONG + wrong
    low, high = _interval(a, b)
    evidence = right * math.log(BAD / GOOD) + wrong * math.log((1 - BAD) / (1 - GOOD))
    return Standing(right, wrong, a / (a + b), low, high, evidence, _verdict(evidence))


def _verdict(evidence: float) -> Verdict:
    if evidence >= BOUND:
        return "paused"
    if evidence >= WARN_AT:
        return "warned"
    return "good" if evidence <= -BOUND else "open"


def _interval(a: float, b: float) -> tuple[float, float]:
    """The logit of a Beta variable is nearly normal: mean log(a/b), variance 1/a + 1/b."""
    middle, spread = math.log(a / b), 1.96 * math.sqrt(1 / a + 1 / b)
    return _sigmoid(middle - spread), _sigmoid(middle + spread)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))
