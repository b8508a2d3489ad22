"""Losses against printed constants, slow obvious versions, and the properties that must hold."""

from __future__ import annotations

import math

import pytest
import torch

from training.objectives import bradley_terry, dpo_sigmoid, kto, weighted_mean

ROWS = 50


def sigma(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def numbers(seed: int) -> torch.Tensor:
    return torch.randn(ROWS, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_kto_constants() -> None:
    one = torch.tensor([2.0, 2.0])
    losses = kto(
        one, torch.zeros(2), torch.tensor([True, False]), torch.tensor(0.5), beta=0.1
    ).tolist()
    assert losses == pytest.approx([0.46257, 0.53743], abs=1e-5)


def test_bradley_terry_equals_the_obvious_version() -> None:
    chosen, rejected, margin = numbers(1), numbers(2), numbers(3).abs()
    slow = [
        -math.log(sigma(c - r - m))
        for c, r, m in zip(chosen.tolist(), rejected.tolist(), margin.tolist(), strict=True)
    ]
    assert bradley_terry(chosen, rejected, margin).tolist() == pytest.approx(slow)
    assert bradley_terry(torch.tensor([1.0]), torch.tensor([0.0])).item() == pytest.approx(0.313262)


def test_dpo_equals_the_obvious_version_and_starts_at_ln_2() -> None:
    c, r, ref_c, ref_r = (numbers(seed) for seed in range(4))
    slow = [
        -math.log(sigma(0.3 * ((a - x) - (b - y))))
        for a, b, x, y in zip(c.tolist(), r.tolist(), ref_c.tolist(), ref_r.tolist(), strict=True)
    ]
    assert dpo_sigmoid(c, r, ref_c, ref_r, beta=0.3).tolist() == pytest.approx(slow)
    assert dpo_sigmoid(c, r, c, r, beta=0.3).tolist() == pytest.approx([math.log(2)] * ROWS)


def test_kto_equals_the_obvious_version() -> None:
    logps, reference = numbers(5), numbers(6)
    desirable = numbers(7) > 0
    kl = torch.tensor(0.25, dtype=torch.float64)
    slow = [
        2.0 * (1 - sigma(0.4 * (a - b - 0.25))) if good else 3.0 * (1 - sigma(0.4 * (0.25 - a + b)))
        for a, b, good in zip(logps.tolist(), reference.tolist(), desirable.tolist(), strict=True)
    ]
    fast = kto(
        logps, reference, desirable, kl, beta=0.4, desirable_weight=2.0, undesirable_weight=3.0
    )
    assert fast.tolist() == pytest.approx(slow)


def test_extreme_differences_stay_finite() -> None:
    far = torch.tensor([1e4, -1e4])
    assert torch.isfinite(bradley_terry(far, -far)).all()
    assert torch.isfinite(dpo_sigmoid(far, -far, -far, far, beta=1.0)).all()


def test_weights_scale_gradients_and_zero_removes_them() -> None:
    rewards = torch.zeros(3, requires_grad=True)
    losses = bradley_terry(rewards, torch.tensor([0.5, -0.5, 1.0]))
    (plain,) = torch.autograd.grad(weighted_mean(losses, None), rewards, retain_graph=True)
    weights = torch.tensor([0.0, 1.0, 2.0])
    (weighted,) = torch.autograd.grad(weighted_mean(losses, weights), rewards)
    assert weighted.tolist() == pytest.approx((plain * weights).tolist())
    assert weighted[0].item() == 0.0


def test_a_weight_of_two_is_the_row_twice() -> None:
    losses = torch.tensor([0.3, 0.7])
    doubled = torch.tensor([0.3, 0.7, 0.7])
    weighted = weighted_mean(losses, torch.tensor([2 / 3, 4 / 3]))  # mean weight 1
    assert weighted.item() == pytest.approx(doubled.mean().item())


def test_swapping_sides_with_signs_keeps_the_loss() -> None:
    chosen, rejected = numbers(8), numbers(9)
    assert torch.allclose(bradley_terry(chosen, rejected), bradley_terry(-rejected, -chosen))
