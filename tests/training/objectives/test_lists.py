"""Losses on lists against slow obvious versions, permutations and losses on pairs."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise, permutations

import pytest
import torch
from torch import Tensor

from training.objectives import (
    LOSSES,
    DirectBatch,
    DirectSettings,
    all_pairs,
    bradley_terry,
    info_nca,
    lipo_lambda,
    nca,
    plackett_luce,
    plackett_luce_tied,
    pro,
)

ROWS, LENGTH = 20, 5


def numbers(seed: int, length: int = LENGTH) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(ROWS, length, generator=generator, dtype=torch.float64)


def integers(seed: int, high: int) -> Tensor:
    return torch.randint(0, high, (ROWS, LENGTH), generator=torch.Generator().manual_seed(seed))


def lengths(least: int = 2) -> Tensor:
    """A mask that keeps the first 2 to 5 of each row, in turn."""
    kept = torch.arange(ROWS) % (LENGTH + 1 - least) + least
    return torch.arange(LENGTH) < kept.unsqueeze(-1)


def real(values: Tensor, mask: Tensor) -> list[list[float]]:
    """The rows without their padding."""
    pairs = zip(values.tolist(), mask.tolist(), strict=True)
    return [[v for v, m in zip(row, held, strict=True) if m] for row, held in pairs]


def slow_order(scores: list[float]) -> float:
    """The probability of that order."""
    rest = [math.exp(s) for s in scores]
    return math.prod(rest[i] / sum(rest[i:]) for i in range(len(rest)))


def slow_tied(scores: list[float], tier: list[float]) -> float:
    """Minus the log-probability of all orders that agree with the tiers, one after the other."""
    total = 0.0
    for order in permutations(range(len(scores))):
        if all(tier[a] <= tier[b] for a, b in pairwise(order)):
            total += slow_order([scores[i] for i in order])
    return -math.log(total)


def slow_pairs(scores: list[float], tier: list[float]) -> float:
    total = 0.0
    for i in range(len(scores)):
        for j in range(i):
            up, down = (math.log1p(math.exp(s * (scores[i] - scores[j]))) for s in (-1, 1))
            total += (up + down) / 2 if tier[i] == tier[j] else up if tier[i] < tier[j] else down
    return total * 2 / (len(scores) * (len(scores) - 1))


def slow_lipo(scores: list[float], psi: list[float]) -> float:
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    place = {i: rank for rank, i in enumerate(order, start=1)}
    total = 0.0
    for i in range(len(scores)):
        for j in range(len(scores)):
            if psi[i] > psi[j]:
                moved = abs(1 / math.log(1 + place[i]) - 1 / math.log(1 + place[j]))
                apart = (2 ** psi[i] - 1) - (2 ** psi[j] - 1)
                total += apart * moved * math.log1p(math.exp(-(scores[i] - scores[j])))
    return total


def slow_pro(scores: list[float], labels: list[float]) -> float:
    total = 0.0
    for k, label in enumerate(labels):
        worse = [i for i in range(len(labels)) if labels[i] < label]
        if worse:
            own = math.exp(max(label - labels[i] for i in worse) * scores[k])
            total -= math.log(
                own / (own + sum(math.exp((label - labels[i]) * scores[i]) for i in worse))
            )
    return total


def slow_nca(rewards: list[float], scores: list[float], alpha: float) -> tuple[float, float]:
    weights = [math.exp(s / alpha) for s in scores]
    q = [w / sum(weights) for w in weights]
    log_sigma = [-math.log1p(math.exp(-r)) for r in rewards]
    log_tau = [-math.log1p(math.exp(r)) for r in rewards]
    total = sum(math.exp(r) for r in rewards)
    info = -sum(p * (r - math.log(total)) for p, r in zip(q, rewards, strict=True))
    plain = -sum(p * s for p, s in zip(q, log_sigma, strict=True)) - sum(log_tau) / len(rewards)
    return info, plain


def test_plackett_luce_equals_the_obvious_version() -> None:
    scores, mask = numbers(1), lengths()
    slow = [-math.log(slow_order(row)) for row in real(scores, mask)]
    assert plackett_luce(scores, mask).tolist() == pytest.approx(slow)


def test_two_in_order_are_bradley_terry() -> None:
    scores, mask = numbers(2, 2), torch.ones(ROWS, 2, dtype=torch.bool)
    pair = bradley_terry(scores[:, 0], scores[:, 1])
    tier = torch.tensor([[0, 1]]).expand(ROWS, 2)
    assert torch.allclose(plackett_luce(scores, mask), pair)
    assert torch.allclose(plackett_luce_tied(scores, tier, mask), pair)
    assert torch.allclose(all_pairs(scores, tier, mask), pair)
    assert torch.allclose(info_nca(scores, -tier.double(), mask, 1e-4), pair)


def test_tied_tiers_equal_the_sum_over_all_orders() -> None:
    scores, tier, mask = numbers(3), integers(4, 3), lengths(1)
    rows = zip(real(scores, mask), real(tier, mask), strict=True)
    slow = [slow_tied(row, tiers) for row, tiers in rows]
    assert plackett_luce_tied(scores, tier, mask).tolist() == pytest.approx(slow, abs=1e-9)


def test_tiers_without_ties_are_plackett_luce_whatever_the_stored_order() -> None:
    scores = numbers(5)
    mask = torch.ones(ROWS, LENGTH, dtype=torch.bool)
    straight = torch.arange(LENGTH).expand(ROWS, LENGTH)
    strict = plackett_luce(scores, mask)
    assert torch.allclose(plackett_luce_tied(scores, straight, mask), strict)
    turned = plackett_luce_tied(scores.flip(-1), straight.flip(-1), mask)
    assert torch.allclose(turned, strict)


def test_all_in_one_tier_says_nothing() -> None:
    scores = numbers(6).requires_grad_()
    mask = torch.ones(ROWS, LENGTH, dtype=torch.bool)
    losses = plackett_luce_tied(scores, torch.zeros(ROWS, LENGTH, dtype=torch.long), mask)
    (gradient,) = torch.autograd.grad(losses.sum(), scores)
    assert torch.allclose(losses, torch.zeros(ROWS, dtype=torch.float64), atol=1e-9)
    assert gradient.abs().max() < 1e-9


def test_a_long_list_with_ties_is_refused() -> None:
    scores = torch.zeros(1, 13)
    with pytest.raises(ValueError, match="at most 12"):
        plackett_luce_tied(scores, scores.long(), scores == 0)


def test_all_pairs_equals_the_obvious_version() -> None:
    scores, tier, mask = numbers(7), integers(8, 3), lengths()
    rows = zip(real(scores, mask), real(tier, mask), strict=True)
    slow = [slow_pairs(row, tiers) for row, tiers in rows]
    assert all_pairs(scores, tier, mask).tolist() == pytest.approx(slow)


def test_lipo_equals_the_obvious_version() -> None:
    scores, labels, mask = numbers(9), integers(10, 4) / 3, lengths()
    rows = zip(real(scores, mask), real(labels, mask), strict=True)
    assert lipo_lambda(scores, labels, mask).tolist() == pytest.approx(
        [slow_lipo(row, psi) for row, psi in rows], rel=1e-6
    )


def test_lipo_of_two_is_dpo_times_a_constant() -> None:
    scores, mask = numbers(11, 2), torch.ones(ROWS, 2, dtype=torch.bool)
    labels = torch.tensor([[1.0, 0.0]], dtype=torch.float64).expand(ROWS, 2)
    constant = 1 / math.log(2) - 1 / math.log(3)
    expected = constant * bradley_terry(scores[:, 0], scores[:, 1])
    assert torch.allclose(lipo_lambda(scores, labels, mask), expected)


def test_pro_equals_the_obvious_version_and_equal_labels_say_nothing() -> None:
    scores, labels, mask = numbers(12) - 2, integers(13, 3).double(), lengths()
    rows = zip(real(scores, mask), real(labels, mask), strict=True)
    slow = [slow_pro(row, label) for row, label in rows]
    assert pro(scores, labels, mask).tolist() == pytest.approx(slow)
    assert pro(scores, torch.ones_like(labels), mask).abs().max() == 0


def test_noise_contrast_equals_the_obvious_versions() -> None:
    rewards, scores, mask = numbers(14), numbers(15), lengths()
    rows = zip(real(rewards, mask), real(scores, mask), strict=True)
    slow = [slow_nca(row, values, 0.5) for row, values in rows]
    assert info_nca(rewards, scores, mask, 0.5).tolist() == pytest.approx([s[0] for s in slow])
    assert nca(rewards, scores, mask, 0.5).tolist() == pytest.approx([s[1] for s in slow])


def test_noise_contrast_of_a_pair_is_the_direct_loss() -> None:
    rewards, mask = numbers(16, 2), torch.ones(ROWS, 2, dtype=torch.bool)
    zero = torch.zeros(ROWS, dtype=torch.float64)
    scores = torch.tensor([[1.0, 0.0]], dtype=torch.float64).expand(ROWS, 2)
    pair = DirectBatch(rewards[:, 0], rewards[:, 1], zero, zero)
    expected = LOSSES["nca_pair"](pair, DirectSettings(beta=1.0))
    assert torch.allclose(nca(rewards, scores, mask, 1e-4), expected)


LISTS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "plackett_luce": lambda s, t, m: plackett_luce(s, m),
    "plackett_luce_tied": plackett_luce_tied,
    "all_pairs": all_pairs,
    "lipo_lambda": lambda s, t, m: lipo_lambda(s, 1 - t / 4, m),
    "pro": lambda s, t, m: pro(s, -t.to(s.dtype), m),
    "info_nca": lambda s, t, m: info_nca(s, -t.to(s.dtype), m, 1.0),
    "nca": lambda s, t, m: nca(s, -t.to(s.dtype), m, 1.0),
}


@pytest.mark.parametrize("name", list(LISTS))
def test_padding_takes_no_part(name: str) -> None:
    scores, tier, mask = numbers(17).requires_grad_(), integers(18, 3), lengths(1)
    other = torch.where(mask, scores.detach(), 77.0)
    losses = LISTS[name](scores, tier, mask)
    assert torch.allclose(losses, LISTS[name](other, torch.where(mask, tier, 9), mask))
    losses.sum().backward()
    assert scores.grad is not None
    assert torch.isfinite(scores.grad).all()
    assert scores.grad[~mask].abs().sum() == 0


@pytest.mark.parametrize("name", list(LISTS))
@pytest.mark.parametrize("scale", [0.0, 1e2, 1e4])
def test_far_scores_stay_finite(name: str, scale: float) -> None:
    scores = (numbers(19).float() * scale).requires_grad_()
    losses = LISTS[name](scores, integers(20, 3), lengths())
    losses.sum().backward()
    assert scores.grad is not None
    assert torch.isfinite(losses).all()
    assert torch.isfinite(scores.grad).all()
