"""Losses on pairs, ties and strengths against slow obvious versions, and what must hold of them."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from training.objectives import (
    bradley_terry,
    centred,
    crowd_bradley_terry,
    cumulative_link,
    davidson,
    mixture_bradley_terry,
    rao_kupper,
    soft_bradley_terry,
    weighted_mean,
)

ROWS = 50


def sigma(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def numbers(seed: int, *shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*(shape or (ROWS,)), generator=generator, dtype=torch.float64)


def test_bradley_terry_equals_the_obvious_version() -> None:
    chosen, rejected, margin = numbers(1), numbers(2), numbers(3).abs()
    slow = [
        -math.log(sigma(c - r - m))
        for c, r, m in zip(chosen.tolist(), rejected.tolist(), margin.tolist(), strict=True)
    ]
    assert bradley_terry(chosen, rejected, margin).tolist() == pytest.approx(slow)


def test_soft_labels_equal_the_obvious_version() -> None:
    delta, share = numbers(4), torch.sigmoid(numbers(5))
    slow = [
        -p * math.log(sigma(d)) - (1 - p) * math.log(sigma(-d))
        for d, p in zip(delta.tolist(), share.tolist(), strict=True)
    ]
    assert soft_bradley_terry(delta, share).tolist() == pytest.approx(slow)
    certain = soft_bradley_terry(delta, torch.ones(ROWS, dtype=torch.float64))
    assert torch.allclose(certain, bradley_terry(delta, torch.zeros(ROWS)))


def test_crowd_equals_the_obvious_version_and_a_perfect_annotator_is_bradley_terry() -> None:
    delta, eta = numbers(6), torch.sigmoid(numbers(7))
    slow = [
        -math.log(e * sigma(d) + (1 - e) * sigma(-d))
        for d, e in zip(delta.tolist(), eta.tolist(), strict=True)
    ]
    assert crowd_bradley_terry(delta, eta).tolist() == pytest.approx(slow)
    perfect = crowd_bradley_terry(delta, torch.ones(ROWS, dtype=torch.float64))
    assert torch.allclose(perfect, bradley_terry(delta, torch.zeros(ROWS)), atol=1e-4)


def test_a_mixture_equals_the_obvious_version_and_one_group_is_bradley_terry() -> None:
    deltas, shares = numbers(8, ROWS, 3), numbers(9, ROWS, 3).softmax(-1)
    slow = [
        -math.log(sum(s * sigma(d) for d, s in zip(row, share, strict=True)))
        for row, share in zip(deltas.tolist(), shares.tolist(), strict=True)
    ]
    assert mixture_bradley_terry(deltas, shares).tolist() == pytest.approx(slow)
    alone = mixture_bradley_terry(deltas[:, :1], torch.ones(ROWS, 1, dtype=torch.float64))
    assert torch.allclose(alone, bradley_terry(deltas[:, 0], torch.zeros(ROWS)))


def test_ties_equal_the_obvious_versions() -> None:
    delta, tie, a = numbers(10), numbers(11) > 0, 0.8
    rao, david = rao_kupper(delta, tie, a).tolist(), davidson(delta, tie, math.log(1.5)).tolist()
    for row, (d, tied) in enumerate(zip(delta.tolist(), tie.tolist(), strict=True)):
        together = math.exp(d / 2) + math.exp(-d / 2) + 1.5
        if tied:
            p = math.expm1(2 * a) / ((1 + math.exp(a + d)) * (1 + math.exp(a - d)))
            q = 1.5 / together
        else:
            p, q = sigma(d - a), math.exp(d / 2) / together
        assert (rao[row], david[row]) == pytest.approx((-math.log(p), -math.log(q)))


def test_no_threshold_is_bradley_terry() -> None:
    delta, decided = numbers(12), torch.zeros(ROWS, dtype=torch.bool)
    plain = bradley_terry(delta, torch.zeros(ROWS))
    assert torch.allclose(rao_kupper(delta, decided, 0.0), plain)
    assert torch.allclose(davidson(delta, decided, -math.inf), plain)


@pytest.mark.parametrize("loss", [rao_kupper, davidson])
def test_a_tie_is_at_rest_at_zero_and_pulls_towards_it(loss: object) -> None:
    assert callable(loss)
    delta = torch.tensor([0.0, 2.0, -2.0], dtype=torch.float64, requires_grad=True)
    loss(delta, torch.ones(3, dtype=torch.bool), 0.5).sum().backward()
    assert delta.grad is not None
    still, above, below = delta.grad.tolist()
    assert still == pytest.approx(0, abs=1e-12)
    assert above > 0 > below
    assert above == pytest.approx(-below)


def test_the_threshold_learns_from_ties_and_decisions() -> None:
    """Its likeliest value gives the share of ties that there is."""
    delta, tie = torch.zeros(40), torch.arange(40) < 10
    raw = torch.zeros((), requires_grad=True)
    optimiser = torch.optim.Adam([raw], lr=0.05)
    for _ in range(300):
        optimiser.zero_grad()
        rao_kupper(delta, tie, raw.exp()).mean().backward()
        optimiser.step()
    share = math.exp(-rao_kupper(torch.zeros(1), torch.tensor([True]), raw.exp().detach()).item())
    assert share == pytest.approx(0.25, abs=0.01)


def test_the_cumulative_link_equals_the_obvious_version() -> None:
    delta = numbers(13)
    level = torch.randint(-3, 4, (ROWS,), generator=torch.Generator().manual_seed(1))
    gaps = torch.tensor([0.4, 0.9, 1.3], dtype=torch.float64)
    cuts = [-math.inf, -2.6, -1.3, -0.4, 0.4, 1.3, 2.6, math.inf]
    slow = [
        -math.log(sigma(cuts[k + 4] - d) - (sigma(cuts[k + 3] - d) if k > -3 else 0))
        for d, k in zip(delta.tolist(), level.tolist(), strict=True)
    ]
    assert cumulative_link(delta, level, gaps).tolist() == pytest.approx(slow)
    each = gaps.expand(ROWS, 3)
    assert torch.allclose(cumulative_link(delta, level, each), cumulative_link(delta, level, gaps))


def test_the_cumulative_link_is_symmetric_and_sums_to_one() -> None:
    gaps, delta = torch.tensor([0.3, 1.0], dtype=torch.float64), numbers(14)
    levels = [torch.full((ROWS,), k) for k in range(-2, 3)]
    for level in levels:
        there, back = cumulative_link(delta, level, gaps), cumulative_link(-delta, -level, gaps)
        assert torch.allclose(there, back)
    total = sum((-cumulative_link(delta, level, gaps)).exp() for level in levels)
    assert torch.allclose(torch.as_tensor(total), torch.ones(ROWS, dtype=torch.float64))


def test_one_gap_is_rao_kupper() -> None:
    delta = numbers(15)
    level = torch.randint(0, 2, (ROWS,), generator=torch.Generator().manual_seed(2))
    gaps = torch.tensor([0.5], dtype=torch.float64)
    assert torch.allclose(cumulative_link(delta, level, gaps), rao_kupper(delta, level == 0, 0.5))


def test_a_level_beyond_the_gaps_is_refused() -> None:
    with pytest.raises(ValueError, match="between -2 and 2"):
        cumulative_link(torch.zeros(1), torch.tensor([3]), torch.ones(2))


def test_centring_is_least_around_zero() -> None:
    assert centred(torch.tensor([3.0, 1.0]), torch.tensor([-1.0, -1.0])).tolist() == [4.0, 0.0]


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


def test_swapping_sides_with_labels_keeps_the_loss() -> None:
    delta, share, tie = numbers(16), torch.sigmoid(numbers(17)), torch.ones(ROWS, dtype=torch.bool)
    assert torch.allclose(bradley_terry(delta, -delta), bradley_terry(delta + 1, 1 - delta))
    assert torch.allclose(soft_bradley_terry(delta, share), soft_bradley_terry(-delta, 1 - share))
    assert torch.allclose(crowd_bradley_terry(delta, share), crowd_bradley_terry(-delta, 1 - share))
    assert torch.allclose(rao_kupper(delta, tie, 0.5), rao_kupper(-delta, tie, 0.5))
    assert torch.allclose(davidson(delta, tie, 0.5), davidson(-delta, tie, 0.5))
