"""Reliability without gold: full Dawid-Skene on places on the screen, and Crowd-BT on pairs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedback.quality.votes import Placed

ROUNDS = 15
AGREED, TRIED = 4.0, 5.0  # the prior Beta(4, 1) of an annotator who means well
STEPS = 60  # gradient steps for the strengths in each round
PLACES = ("left", "right", "neither")
MIRROR = np.array([1, 0, 2])  # what stands where, once the sides are swapped
LEAST = 1e-10  # of a probability, so that its logarithm exists

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reliability:
    """How likely an annotator's decided votes name the better one, from so many votes."""

    accuracy: float
    n: int

    @property
    def weight(self) -> float:
        """The log odds of the accuracy drawn towards the prior, never below 0."""
        return weight_of((self.accuracy * self.n + AGREED) / (self.n + TRIED))


def weight_of(accuracy: float) -> float:
    """The log odds with which a vote of that accuracy counts; 0 for one that is no better than chance."""
    return max(0.0, math.log(accuracy / (1 - accuracy)))


@dataclass(frozen=True, slots=True)
class DawidSkene:
    """The posterior of each unit's truth, and each annotator's confusion: true place x given place.

    Units are in the stored order (`left` is the first completion), confusions in places on the screen;
    rows and columns are PLACES.
    """

    units: Mapping[int, Floats]
    confusions: Mapping[str, Floats]
    votes: Mapping[str, int]

    def reliability(self, annotator: str) -> Reliability:
        """Of decided votes: the mean over both sides, so that "always left" is no better than a coin."""
        decided = self.confusions[annotator][:2, :2]
        sums = decided.sum(axis=1)
        known = sums > LEAST * 10
        right = np.diag(decided)[known] / sums[known]
        if len(right) < 2:  # the better one never stood on one of the sides: nothing is known
            return Reliability(AGREED / TRIED, 0)
        return Reliability(float(right.mean()), self.votes[annotator])


def dawid_skene(votes: Sequence[Placed]) -> DawidSkene:
    """Dawid and Skene (1979): a full confusion for each annotator, by EM from the majority.

    Annotators see the two completions on different sides: their confusions are about places, which tell a habit
    such as "always left", and the truth is about completions. Where nothing is turned this is crowd-kit's.
    """
    coded = _coded(votes)
    truth = _majority(coded)
    for _ in range(100):
        confusions = _confusions(coded, truth)
        before, truth = truth, _posterior(coded, truth.mean(axis=0), confusions)
        if np.abs(truth - before).max() < 1e-5:
            break
    counts = np.bincount(coded.by[coded.given < 2], minlength=len(coded.annotators))
    return DawidSkene(
        dict(zip(coded.units, truth, strict=True)),
        dict(zip(coded.annotators, _confusions(coded, truth), strict=True)),
        dict(zip(coded.annotators, map(int, counts), strict=True)),
    )


@dataclass(frozen=True, slots=True)
class _Coded:
    """Votes as numbers: whose, on which unit, the place, and which places the stored order has there."""

    annotators: list[str]
    units: list[int]
    by: Ints
    on: Ints
    given: Ints
    frames: Ints


def _coded(votes: Sequence[Placed]) -> _Coded:
    annotators = {name: n for n, name in enumerate(sorted({vote.annotator for vote in votes}))}
    units = {unit: n for n, unit in enumerate(sorted({vote.unit for vote in votes}))}
    turned = np.array([vote.turned for vote in votes], dtype=bool)
    return _Coded(
        list(annotators),
        list(units),
        np.array([annotators[vote.annotator] for vote in votes], np.int64),
        np.array([units[vote.unit] for vote in votes], np.int64),
        np.array([PLACES.index(vote.place) for vote in votes], np.int64),
        np.where(turned[:, None], MIRROR, np.arange(len(PLACES))),
    )


def _majority(coded: _Coded) -> Floats:
    counts = np.zeros((len(coded.units), len(PLACES)))
    np.add.at(counts, (coded.on, coded.frames[np.arange(len(coded.on)), coded.given]), 1.0)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def _confusions(coded: _Coded, truth: Floats) -> Floats:
    """annotators x true place x given place; a row sums to 1."""
    seen = np.take_along_axis(truth[coded.on], coded.frames, axis=1)
    counts = np.zeros((len(coded.annotators), len(PLACES), len(PLACES)))
    np.add.at(counts, (coded.by, coded.given), seen)
    counts = np.maximum(counts.transpose(0, 2, 1), LEAST)
    return np.asarray(counts / counts.sum(axis=2, keepdims=True))


def _posterior(coded: _Coded, priors: Floats, confusions: Floats) -> Floats:
    said = np.log(np.maximum(confusions[coded.by, :, coded.given], LEAST))
    with np.errstate(divide="ignore"):  # a place that nobody gave is nobody's truth
        logs = np.tile(np.log(priors), (len(coded.units), 1))
    np.add.at(logs, coded.on, np.take_along_axis(said, coded.frames, axis=1))
    odds = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


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
    agrees = _agrees(np.zeros(len(by)), eta[by])
    for _ in range(ROUNDS):
        strength = _fit(strength, better, worse, agrees)
        gap = _without_itself(strength, better, worse, agrees)
        agreed = np.bincount(by, weights=_agrees(gap, eta[by]), minlength=len(workers))
        eta = (agreed + AGREED) / (counts + TRIED)
        agrees = _agrees(strength[better] - strength[worse], eta[by])
    return {name: float(eta[n]) for name, n in workers.items()}


def _without_itself(strength: Floats, better: Ints, worse: Ints, agrees: Floats) -> Floats:
    """Each preference's gap as the other preferences give it, by one Newton step back.

    With its own pull in it, few votes on a pair would make everybody look as if they agreed.
    """
    gap = strength[better] - strength[worse]
    sure = 1 / (1 + np.exp(-gap))
    pull, bend = agrees - sure, sure * (1 - sure)
    curve = np.ones_like(strength)
    np.add.at(curve, better, bend)
    np.add.at(curve, worse, bend)
    return np.asarray(gap - pull * (1 / (curve[better] - bend) + 1 / (curve[worse] - bend)))


def _agrees(gap: Floats, eta: Floats) -> Floats:
    """The posterior that the better one is the better one."""
    sure = 1 / (1 + np.exp(-gap))
    return np.asarray(eta * sure / (eta * sure + (1 - eta) * (1 - sure)))


def _fit(strength: Floats, better: Ints, worse: Ints, agrees: Floats) -> Floats:
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
