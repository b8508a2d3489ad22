"""Losses on amounts, thumbs and embeddings against slow obvious versions, also far out."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
import torch
from torch import Tensor

from training.objectives import (
    apo_zero_unpaired,
    bco,
    gaussian_interval,
    general_preference,
    kto,
    masked_squares,
    soft_bradley_terry,
    sppo_soft,
    squared_difference,
    thumb_logistic,
    xpo_bonus,
)

ROWS = 50


def sigma(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def numbers(seed: int, *shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*(shape or (ROWS,)), generator=generator, dtype=torch.float64)


def test_intervals_equal_the_obvious_version() -> None:
    mean, sd = numbers(1), numbers(2).abs() + 0.3
    low = numbers(3)
    high = low + numbers(4).abs() + 0.1
    low[::7], high[3::7] = -math.inf, math.inf
    slow = []
    for m, s, a, b in zip(mean.tolist(), sd.tolist(), low.tolist(), high.tolist(), strict=True):
        normal = NormalDist(m, s)
        upper = 1.0 if b == math.inf else normal.cdf(b)
        slow.append(-math.log(upper - (0.0 if a == -math.inf else normal.cdf(a))))
    assert gaussian_interval(mean, low, high, sd).tolist() == pytest.approx(slow)


def test_a_point_is_the_density() -> None:
    mean, value = numbers(5), numbers(6)
    slow = [
        -math.log(NormalDist(m, 0.7).pdf(v))
        for m, v in zip(mean.tolist(), value.tolist(), strict=True)
    ]
    assert gaussian_interval(mean, value, value, 0.7).tolist() == pytest.approx(slow)


def test_a_narrow_interval_is_density_times_width() -> None:
    mean, value = torch.tensor([0.0, 5.0, -9.0]), torch.tensor([3.0, -1.0, 2.0])
    narrow = gaussian_interval(mean, value, value + 1e-3, 1.0)
    point = gaussian_interval(mean, value + 5e-4, value + 5e-4, 1.0)
    assert narrow.tolist() == pytest.approx((point - math.log(1e-3)).tolist(), rel=2e-3)


def test_all_values_or_none_are_certain() -> None:
    inf = torch.tensor([math.inf])
    assert gaussian_interval(torch.zeros(1), -inf, inf, 1.0).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("mean", [0.0, 30.0, -30.0, 1e4, -1e4])
def test_intervals_far_from_the_mean_stay_finite_and_pull_back(
    mean: float, dtype: torch.dtype
) -> None:
    inf = math.inf
    low = torch.tensor([-1.0, 2.0, -inf, 0.5, 1.0], dtype=dtype)
    high = torch.tensor([1.0, inf, -2.0, 0.5, 1.001], dtype=dtype)
    centre = torch.full((5,), mean, dtype=dtype, requires_grad=True)
    spread = torch.ones(5, dtype=dtype, requires_grad=True)
    losses = gaussian_interval(centre, low, high, spread)
    losses.sum().backward()
    assert centre.grad is not None
    assert spread.grad is not None
    assert torch.isfinite(losses).all()
    assert torch.isfinite(centre.grad).all()
    assert torch.isfinite(spread.grad).all()
    if abs(mean) > 2:  # beyond the interval the slope is the distance, in standard deviations
        away = centre.grad[[0, 3, 4]] / mean
        assert away.tolist() == pytest.approx([1.0] * 3, rel=0.1)


def test_gradients_of_intervals_equal_finite_differences() -> None:
    mean, spread = numbers(7, 6).requires_grad_(), (numbers(8, 6).abs() + 0.5).requires_grad_()
    low = torch.tensor([-0.3, 0.2, -math.inf, 1.0, 6.0, -7.0], dtype=torch.float64)
    high = torch.tensor([0.4, math.inf, 0.1, 1.0, 7.0, -6.5], dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda m, s: gaussian_interval(m, low, high, s), (mean, spread), atol=1e-6
    )


def test_squares_equal_the_obvious_versions() -> None:
    predicted, target, mask = numbers(9, ROWS, 4), numbers(10, ROWS, 4), numbers(11, ROWS, 4) > 0
    unknown = torch.where(mask, target, math.nan)
    slow = []
    for p, t, m in zip(predicted.tolist(), target.tolist(), mask.tolist(), strict=True):
        known = [(a - b) ** 2 for a, b, held in zip(p, t, m, strict=True) if held]
        slow.append(sum(known) / max(1, len(known)))
    assert masked_squares(predicted, unknown, mask).tolist() == pytest.approx(slow)
    first = squared_difference(predicted[:, 0], target[:, 0])
    assert first.tolist() == pytest.approx(((predicted - target)[:, 0] ** 2).tolist())


def test_heads_that_were_not_rated_have_no_gradient() -> None:
    predicted = numbers(12, 3, 2).requires_grad_()
    mask = torch.tensor([[True, False], [False, False], [True, True]])
    target = torch.where(mask, 1.0, math.nan).double()
    masked_squares(predicted, target, mask).sum().backward()
    assert predicted.grad is not None
    assert (predicted.grad != 0).tolist() == mask.tolist()


def test_thumbs_equal_the_obvious_versions() -> None:
    reward, intercept, up = numbers(13), numbers(14), numbers(15) > 0
    thumb = thumb_logistic(reward, up, intercept).tolist()
    shifted, apo = bco(reward, up, 0.3).tolist(), apo_zero_unpaired(reward, up).tolist()
    for row, (r, b, good) in enumerate(
        zip(reward.tolist(), intercept.tolist(), up.tolist(), strict=True)
    ):
        sign = 1 if good else -1
        assert thumb[row] == pytest.approx(-math.log(sigma(sign * (r + b))))
        assert shifted[row] == pytest.approx(-math.log(sigma(sign * (r - 0.3))))
        assert apo[row] == pytest.approx(1 - sigma(r) if good else sigma(r))


def test_kto_equals_the_obvious_version() -> None:
    logps, reference = numbers(16), numbers(17)
    desirable = numbers(18) > 0
    kl = torch.tensor(0.25, dtype=torch.float64)
    slow = [
        2.0 * (1 - sigma(0.4 * (a - b - 0.25))) if good else 3.0 * (1 - sigma(0.4 * (0.25 - a + b)))
        for a, b, good in zip(logps.tolist(), reference.tolist(), desirable.tolist(), strict=True)
    ]
    fast = kto(
        logps, reference, desirable, kl, beta=0.4, desirable_weight=2.0, undesirable_weight=3.0
    )
    assert fast.tolist() == pytest.approx(slow)


def test_an_unwanted_answer_is_the_wanted_one_turned() -> None:
    reward, up = numbers(19), torch.ones(ROWS, dtype=torch.bool)
    for loss in (thumb_logistic, apo_zero_unpaired, lambda r, d: bco(r, d, 0.0)):
        assert torch.allclose(loss(reward, up), loss(-reward, ~up))


def test_cyclic_preferences_are_antisymmetric_and_equal_the_skew_product() -> None:
    first, second = numbers(20, ROWS, 6), numbers(21, ROWS, 6)
    skew = torch.block_diag(*[torch.tensor([[0.0, -1.0], [1.0, 0.0]])] * 3).double()
    slow = torch.einsum("ij,bj,bi->b", skew, first, second) / 0.2
    assert torch.allclose(general_preference(first, second, 0.2), slow)
    assert torch.allclose(general_preference(second, first, 0.2), -slow)
    assert general_preference(first, first).abs().max() < 1e-12
    with pytest.raises(ValueError, match="even"):
        general_preference(first[:, :5], second[:, :5])


def test_a_cycle_can_be_learnt() -> None:
    """Rock, paper, scissors: no difference of rewards orders them, an embedding does."""
    angles = torch.tensor([0.0, 1.0, 3.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([angles], lr=0.1)
    beats, beaten = torch.tensor([0, 1, 2]), torch.tensor([1, 2, 0])
    for _ in range(60):
        optimiser.zero_grad()
        points = torch.stack([angles.cos(), angles.sin()], dim=-1)
        score = general_preference(points[beats], points[beaten], 1.0)
        soft_bradley_terry(score, torch.ones(3)).mean().backward()
        optimiser.step()
    points = torch.stack([angles.cos(), angles.sin()], dim=-1)
    assert (general_preference(points[beats], points[beaten]) > 0).all()


def test_sppo_is_at_rest_where_the_ratio_says_the_probability() -> None:
    share = torch.sigmoid(numbers(22))
    assert sppo_soft(5 * (share - 0.5), share, 5.0).abs().max() == 0
    assert sppo_soft(torch.zeros(1), torch.tensor([1.0]), 4.0).item() == 4.0


def test_the_bonus_pushes_down_what_the_reference_writes() -> None:
    logps = torch.tensor([-5.0, -1.0], requires_grad=True)
    xpo_bonus(logps, 0.01).sum().backward()
    assert logps.grad is not None
    assert logps.grad.tolist() == pytest.approx([0.01, 0.01])
