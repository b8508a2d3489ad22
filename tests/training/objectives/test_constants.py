"""Losses against figures that were worked out beforehand."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from training.objectives import (
    LOSSES,
    DirectBatch,
    DirectSettings,
    bco,
    bradley_terry,
    crowd_bradley_terry,
    davidson,
    gaussian_interval,
    general_preference,
    kto,
    lipo_lambda,
    plackett_luce,
    rao_kupper,
    sppo_soft,
)

NO, YES = torch.tensor([False]), torch.tensor([True])


def row(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def listed(*values: float) -> Tensor:
    return row(*values).unsqueeze(0)


def probability(loss: Tensor) -> float:
    return math.exp(-loss.item())


def direct(name: str, delta: float, **settings: float) -> float:
    """That loss where beta times the difference of the ratios is delta, beta 1."""
    zero = row(0.0)
    batch = DirectBatch(row(delta), zero, zero, zero, tie=NO)
    return LOSSES[name](batch, DirectSettings(beta=1.0, **settings)).item()


EVERYONE = torch.ones(1, 3, dtype=torch.bool)
CONSTANTS: dict[str, tuple[Callable[[], float], float]] = {
    "rao-kupper win": (lambda: probability(rao_kupper(row(1), NO, 0.5)), 0.62246),
    "rao-kupper defeat": (lambda: probability(rao_kupper(row(-1), NO, 0.5)), 0.18243),
    "rao-kupper tie": (lambda: probability(rao_kupper(row(1), YES, 0.5)), 0.19512),
    "rao-kupper tie at 0": (lambda: probability(rao_kupper(row(0), YES, 0.5)), 0.2449),
    "rao-kupper tie at 0, nu 3": (lambda: probability(rao_kupper(row(0), YES, math.log(3))), 0.5),
    "rao-kupper as a direct loss": (lambda: math.exp(-direct("rao_kupper", 1.0)), 0.62246),
    "davidson win": (lambda: probability(davidson(row(1), NO, 0.0)), 0.50648),
    "davidson defeat": (lambda: probability(davidson(row(-1), NO, 0.0)), 0.18632),
    "davidson tie": (lambda: probability(davidson(row(1), YES, 0.0)), 0.30720),
    "plackett-luce": (lambda: plackett_luce(listed(2, 1, 0), EVERYONE).item(), 0.72087),
    "robust": (lambda: direct("robust", 1.0, label_smoothing=0.1), 0.18826),
    "conservative": (lambda: direct("soft", 1.0, label_smoothing=0.1), 0.41326),
    "crowd": (lambda: probability(crowd_bradley_terry(row(1), row(0.8))), 0.63864),
    "interval": (lambda: probability(gaussian_interval(row(1), row(0.5), row(1.5), 1)), 0.38292),
    "censored": (lambda: probability(gaussian_interval(row(1), row(3), row(math.inf), 1)), 0.02275),
    "kto up": (lambda: kto(row(2), row(0), YES, row(0.5), beta=0.1).item(), 0.46257),
    "kto down": (lambda: kto(row(2), row(0), NO, row(0.5), beta=0.1).item(), 0.53743),
    "bco up": (lambda: bco(row(0.2), YES, 0.1).item(), 0.64440),
    "bco down": (lambda: bco(row(0.2), NO, 0.1).item(), 0.74440),
    "sppo winner": (lambda: sppo_soft(row(0.1), row(0.7), 10).item(), 3.61),
    "sppo loser": (lambda: sppo_soft(row(-0.1), row(0.3), 10).item(), 3.61),
    "lipo": (
        lambda: lipo_lambda(listed(0.2, 0.4, 0), listed(1, 0.5, 0), EVERYONE).item(),
        0.51521,
    ),
    "general": (lambda: general_preference(listed(1, 0), listed(0, 1)).item(), 10.0),
    "general, turned": (lambda: general_preference(listed(0, 1), listed(1, 0)).item(), -10.0),
    # Where the policy is as likely to write either side, though the reference preferred the
    # rejected one by 5: from here on down DPO has put the pair in order.
    "the loss at which a pair flips": (lambda: direct("sigmoid", 0.1 * 5), 0.47408),
    "bradley-terry": (lambda: bradley_terry(row(1), row(0)).item(), 0.313262),
}


@pytest.mark.parametrize("name", list(CONSTANTS))
def test_constant(name: str) -> None:
    found, expected = CONSTANTS[name]
    assert found() == pytest.approx(expected, abs=1e-5 if expected != 0.2449 else 1e-4)


def test_outcomes_sum_to_one() -> None:
    for delta in (row(-2.0), row(0.3), row(4.0)):
        for loss, number in ((rao_kupper, 0.7), (davidson, -0.4)):
            parts = loss(delta, NO, number), loss(-delta, NO, number), loss(delta, YES, number)
            assert sum(map(probability, parts)) == pytest.approx(1)
