"""Tables of means with intervals over seeds, and claims that hold or do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

# Student's t, two-sided 95 %, by degrees of freedom.
STUDENT = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}


@dataclass(frozen=True, slots=True)
class Claim:
    """What was claimed beforehand, what was seen, and whether it holds."""

    sentence: str
    seen: str
    holds: bool


@dataclass(slots=True)
class Part:
    """One part of the experiment: its title, its tables' lines and its claims."""

    title: str
    lines: list[str] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    seconds: float = 0.0

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Add a table."""
        self.lines += ["", f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
        self.lines += [f"| {' | '.join(row)} |" for row in rows]

    def claim(self, sentence: str, seen: str, holds: bool) -> None:
        """Add a claim with what was seen."""
        self.claims.append(Claim(sentence, seen, bool(holds)))

    def as_markdown(self) -> str:
        """The part as a section."""
        claims = [
            f"- {'**holds**' if c.holds else '**does not hold**'}: {c.sentence} Seen: {c.seen}."
            for c in self.claims
        ]
        return "\n".join([f"## {self.title}", *self.lines, "", *claims, ""])


def interval(values: Sequence[float]) -> str:
    """The mean with its 95 % interval over seeds (Student's t); the bare mean of a single one."""
    numbers = np.asarray(values, dtype=float)
    if len(numbers) < 2:
        return f"{numbers.mean():.3f}"
    half = half_width(numbers)
    return f"{numbers.mean():.3f} ± {half:.3f}"


def half_width(values: Sequence[float] | np.ndarray) -> float:
    """Half of the 95 % interval of the mean."""
    numbers = np.asarray(values, dtype=float)
    error = numbers.std(ddof=1) / np.sqrt(len(numbers))
    return float(STUDENT.get(len(numbers) - 1, 1.96) * error)


def wins(differences: Sequence[float]) -> str:
    """How many of the seeds are above 0."""
    return f"{sum(d > 0 for d in differences)} of {len(differences)}"
