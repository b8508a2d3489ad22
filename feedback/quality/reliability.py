"""Reliability without gold: full Dawid-Skene on what was seen, and Crowd-BT on pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedback.quality.votes import Value, Vote, domain_of

ROUNDS = 15
AGREED, TRIED = 4.0, 5.0  # the prior Beta(4, 1) of an annotator who means well
STEPS = 60  # gradient steps for the strengths in each round


@dataclass(frozen=True, slots=True)
class DawidSkene:
    """The posterior of each unit's true value, and each annotator's confusion: true x given."""

    domain: Sequence[Value]
    units: Mapping[int, NDArray[np.float64]]
    confusions: Mapping[str, NDArray[np.float64]]
    priors: NDArray[np.float64]

    def accuracy(self, annotator: str) -> float:
        """How likely the annotator gives the true value, over true values as common as they are here."""
        return float(self.priors @ np.diag(self.confusions[annotator]))


def dawid_skene(votes: Sequence[Vote]) -> DawidSkene:
    """Dawid and Skene (1979) by crowd-kit: a full confusion for each annotator.

    Values should be positions on the screen (left, right, tie), so that a confusion can hold "always left".
    """
    # Loaded where it is used: the web process asks for lighter figures only.
    import pandas as pd
    from crowdkit.aggregation import DawidSkene as Fit

    domain = domain_of(votes)
    frame = pd.DataFrame(
        {
            "task": [vote.unit for vote in votes],
            "worker": [vote.annotator for vote in votes],
            "label": [domain.index(vote.value) for vote in votes],
        }
    )
    fit: Any = Fit(n_iter=100, tol=1e-5).fit(frame)
    columns = range(len(domain))
    posteriors = fit.probas_.reindex(columns=columns, fill_value=0.0)
    errors = fit.errors_.reindex(columns=columns, fill_value=0.0)
    confusions = {
        worker: errors.loc[worker].reindex(columns, fill_value=0.0).to_numpy().T
        for worker in frame["worker"].unique()
    }
    return DawidSkene(
        domain,
        {int(unit): row for unit, row in zip(posteriors.index, posteriors.to_numpy(), strict=True)},
        confusions,
        fit.priors_.reindex(columns, fill_value=0.0).to_numpy(),
    )


@dataclass(frozen=True, slots=True)
class Preference:
    """One annotator's choice of one completion over another, by their ids."""

    annotator: str
    better: int
    worse: int


def crowd_bt(preferences: Sequence[Preference]) -> dict[str, float]:
    """Each annotator's probability of agreeing with the consensus order (Chen et al., WSDM 2013).

    P(a > b by w) = eta_w s(d) + (1 - eta_w) s(-d), d the difference of strengths; by EM with the prior Beta(4, 1).
    """
    workers = {name: n for n, name in enumerate(sorted({p.annotator for p in preferences}))}
    things = {
        name: n
        for n, name in enumerate(sorted({i for p in preferences for i in (p.better, p.worse)}))
    }
    by = np.array([workers[p.annotator] for p in preferences])
    better = np.array([things[p.better] for p in preferences])
    worse = np.array([things[p.worse] for p in preferences])
    eta = np.full(len(workers), AGREED / TRIED)
    strength = np.zeros(len(things))
    counts = np.bincount(by, minlength=len(workers))
    for _ in range(ROUNDS):
        agrees = _agrees(strength[better] - strength[worse], eta[by])
        agreed = np.bincount(by, weights=agrees, minlength=len(workers))
        eta = (agreed + AGREED) / (counts + TRIED)
        strength = _fit(
            strength, better, worse, _agrees(strength[better] - strength[worse], eta[by])
        )
    return {name: float(eta[n]) for name, n in workers.items()}


def _agrees(gap: NDArray[np.float64], eta: NDArray[np.float64]) -> NDArray[np.float64]:
    """The posterior that the better one is the better one."""
    sure = 1 / (1 + np.exp(-gap))
    return np.asarray(eta * sure / (eta * sure + (1 - eta) * (1 - sure)))


def _fit(
    strength: NDArray[np.float64],
    better: NDArray[np.int64],
    worse: NDArray[np.int64],
    agrees: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Bradley-Terry with soft labels and a standard normal prior, by Newton steps on the diagonal."""
    for _ in range(STEPS):
        sure = 1 / (1 + np.exp(strength[worse] - strength[better]))
        pull, bend = agrees - sure, sure * (1 - sure)
        slope, curve = -strength, np.ones_like(strength)
        np.add.at(slope, better, pull)
        np.add.at(slope, worse, -pull)
        np.add.at(curve, better, bend)
        np.add.at(curve, worse, bend)
        step = slope / (2 * curve)  # halved: the two ends of a pair move together
        strength = strength + step
        if np.abs(step).max() < 1e-6:
            break
    return strength
