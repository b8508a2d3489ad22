"""Charts of an evaluation: how far claimed probabilities hold, and what the best of n would reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from training.views.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Axis,
    Chart,
    Dot,
    Line,
    Tick,
    nice_ticks,
)

Point = tuple[float, float]
CLAIMS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def reliability_chart(bins: Sequence[Mapping[str, Any]]) -> Chart | None:
    """What was right over what was claimed, from `training.metrics.reliability`; on the diagonal claims hold."""
    if not bins:
        return None
    across = Axis.over(0.5, 1.0, LEFT, WIDTH - RIGHT)
    up = Axis.over(0.0, 1.0, HEIGHT - BOTTOM, TOP)
    measured = [(float(b["claimed"]), float(b["right"])) for b in bins]
    titles = [
        f"claimed {100 * b['claimed']:.0f} %, right {100 * b['right']:.0f} % of {b['n']}"
        for b in bins
    ]
    return _chart(
        "Reliability",
        [
            Line("measured", 1, _path(measured, across, up)),
            Line("as claimed", 2, _path([(0.5, 0.5), (1.0, 1.0)], across, up), faint=True),
        ],
        _dots(measured, titles, across, up),
        [Tick(across.at(t), f"{t:g}") for t in CLAIMS],
        [Tick(up.at(t), f"{t:g}") for t in (0.0, 0.25, 0.5, 0.75, 1.0)],
        "; ".join(titles),
        "claimed probability",
    )


def best_of_chart(points: Sequence[Mapping[str, Any]]) -> Chart | None:
    """Rewards of the best of n over its distance from the policy, from `training.metrics.best_of_curve`."""
    if len(points) < 2:
        return None
    series: dict[str, list[Point]] = {
        label: [(float(p["kl"]), float(p[name])) for p in points if p.get(name) is not None]
        for label, name in (("reward", "proxy"), ("another reward model", "gold"))
    }
    series = {label: line for label, line in series.items() if line}
    values = [value for line in series.values() for _, value in line]
    y_ticks = nice_ticks(min(values), max(values))
    across = Axis.over(0.0, float(points[-1]["kl"]), LEFT, WIDTH - RIGHT)
    up = Axis.over(y_ticks[0], y_ticks[-1], HEIGHT - BOTTOM, TOP)
    dots: list[Dot] = []
    for label, line in series.items():
        titles = [
            f"best of {p['n']}: {label} {value:.3g}, KL {kl:.2f}"
            for p, (kl, value) in zip(points, line, strict=False)
        ]
        dots += _dots(line, titles, across, up)
    return _chart(
        "Best of n samples",
        [
            Line(label, number, _path(line, across, up))
            for number, (label, line) in enumerate(series.items(), 1)
        ],
        dots,
        [Tick(across.at(float(p["kl"])), str(p["n"])) for p in points],
        [Tick(up.at(t), f"{t:.6g}") for t in y_ticks],
        "; ".join(
            f"{label} {line[-1][1]:.3g} at {points[-1]['n']}" for label, line in series.items()
        ),
        "n, by its distance (KL)",
    )


def _chart(
    title: str,
    lines: Sequence[Line],
    dots: Sequence[Dot],
    x_ticks: Sequence[Tick],
    y_ticks: Sequence[Tick],
    summary: str,
    across: str,
) -> Chart:
    return Chart(
        title=title,
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        top=TOP,
        bottom=HEIGHT - BOTTOM,
        lines=lines,
        dots=dots,
        x_ticks=x_ticks,
        y_ticks=y_ticks,
        summary=summary,
        across=across,
    )


def _path(points: Sequence[Point], across: Axis, up: Axis) -> str:
    return " ".join(f"{across.at(x)},{up.at(y)}" for x, y in points)


def _dots(points: Sequence[Point], titles: Sequence[str], across: Axis, up: Axis) -> list[Dot]:
    return [
        Dot(across.at(x), up.at(y), title) for (x, y), title in zip(points, titles, strict=True)
    ]
