"""Charts: axes that people can read, and no more points than can be seen."""

from __future__ import annotations

import pytest

from training.views.charts import charts_of, draw, moving_mean, nice_ticks, thinned


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.41, 0.69, [0.4, 0.5, 0.6, 0.7]),
        (-1.1, 0.4, [-1.5, -1.0, -0.5, 0.0, 0.5]),
        (0.0, 1.0, [0.0, 0.25, 0.5, 0.75, 1.0]),
        (3e-6, 9e-6, [2e-6, 4e-6, 6e-6, 8e-6, 1e-5]),
        (5.0, 5.0, [4.5, 4.75, 5.0, 5.25, 5.5]),
        (0.0, 0.0, [-1.0, -0.5, 0.0, 0.5, 1.0]),
    ],
)
def test_ticks_are_round_and_cover(low: float, high: float, ticks: list[float]) -> None:
    """Also where nothing varies."""
    assert nice_ticks(low, high) == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("most", "ticks"), [(1, [0, 1]), (3, [0, 1, 2, 3]), (87, [0, 25, 50, 75]), (240, [0, 100, 200])]
)
def test_steps_are_whole(most: int, ticks: list[float]) -> None:
    """There is no step 2.5."""
    assert nice_ticks(0, most, inside=True) == ticks


def test_thinning_keeps_the_ends() -> None:
    """The newest number is always there."""
    points = [(n, float(n)) for n in range(10_000)]
    few = thinned(points, 240)
    assert len(few) == 240
    assert (few[0], few[-1]) == (points[0], points[-1])
    assert thinned(points[:5], 240) == points[:5]


def test_moving_mean() -> None:
    """Each value with those just before it."""
    assert moving_mean([(1, 1.0), (2, 3.0), (3, 5.0)], 2) == [(1, 1.0), (2, 2.0), (3, 4.0)]


def test_a_single_step_draws() -> None:
    """The first number of a run must not break its page."""
    chart = draw("Loss", {"loss": [(1, 0.7)]})
    assert [line.label for line in chart.lines] == ["loss"]
    assert chart.dots[0].title == "step 1: loss 0.7"
    assert chart.left <= chart.dots[0].x <= chart.right
    assert chart.top <= chart.dots[0].y <= chart.bottom


def test_trainers_name_their_metrics_differently() -> None:
    """A reward model has `margin` and `accuracy`, a policy `rewards/margins` and so on."""
    model = charts_of({"loss": [(1, 1.0)], "margin": [(1, 0.1)], "accuracy": [(1, 0.5)]})
    policy = charts_of({"rewards/margins": [(1, 0.1)], "rewards/accuracies": [(1, 0.5)]})
    assert [chart.title for chart in model] == [
        "Loss",
        "Reward margin",
        "Accuracy",
    ]
    assert [chart.title for chart in policy] == [chart.title for chart in model[1:]]
    assert charts_of({"num_tokens": [(1, 5.0)]}) == []
