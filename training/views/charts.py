"""Charts of a job's metrics, laid out here and drawn as SVG by a template; no script is needed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Series = Sequence[tuple[int, float]]

WIDTH, HEIGHT = 320, 200
LEFT, RIGHT, TOP, BOTTOM = 48, 10, 10, 30
MOST_POINTS = 240  # more cannot be told apart on the chart's width
MOST_HOVERS = 60
SMOOTH_FROM = 24  # with fewer points the line itself is readable


@dataclass(frozen=True, slots=True)
class Tick:
    """A gridline: where it is and what is written at it."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A place that tells its numbers when pointed at."""

    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `number` picks its colour and dashes in the style sheet."""

    label: str
    number: int
    points: str
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that the template draws."""

    title: str
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    lines: Sequence[Line]
    dots: Sequence[Dot]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    summary: str
    across: str = "step"


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart that training jobs may have: the metrics it draws, by the names that trainers give them."""

    title: str
    names: Mapping[str, Sequence[str]]
    bounds: tuple[float, float] | None = None


PLOTS = (
    Plot("Loss", {"loss": ("loss", "train_loss")}),
    Plot("Reward margin", {"chosen minus rejected": ("rewards/margins", "margin")}),
    Plot(
        "Rewards",
        {"chosen": ("rewards/chosen",), "rejected": ("rewards/rejected",)},
    ),
    Plot("Accuracy", {"accuracy": ("rewards/accuracies", "accuracy")}, bounds=(0.0, 1.0)),
)


def charts_of(series: Mapping[str, Series]) -> list[Chart]:
    """The charts for which there are numbers."""
    found = []
    for plot in PLOTS:
        lines = {
            label: next(series[name] for name in names if name in series)
            for label, names in plot.names.items()
            if any(name in series for name in names)
        }
        if lines:
            found.append(draw(plot.title, lines, plot.bounds))
    return found


def draw(
    title: str, series: Mapping[str, Series], bounds: tuple[float, float] | None = None
) -> Chart:
    """Lay out the lines over their steps; `bounds` fixes the vertical axis."""
    steps = [step for points in series.values() for step, _ in points]
    values = [value for points in series.values() for _, value in points]
    across = Axis.over(0, max(steps), LEFT, WIDTH - RIGHT)
    y_ticks = nice_ticks(*(bounds or (min(values), max(values))))
    up = Axis.over(y_ticks[0], y_ticks[-1], HEIGHT - BOTTOM, TOP)
    lines: list[Line] = []
    dots: list[Dot] = []
    for number, (label, points) in enumerate(series.items(), 1):
        lines += _lines(label, number, thinned(points, MOST_POINTS), across, up)
        dots += [
            Dot(across.at(s), up.at(v), f"step {s}: {label} {v:.4g}")
            for s, v in thinned(points, MOST_HOVERS)
        ]
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
        x_ticks=[Tick(across.at(t), f"{t:g}") for t in nice_ticks(0, max(steps), inside=True)],
        y_ticks=[Tick(up.at(t), f"{t:.6g}") for t in y_ticks],
        summary="; ".join(
            f"{label} {p[-1][1]:.4g} at step {p[-1][0]}" for label, p in series.items()
        ),
    )


@dataclass(frozen=True, slots=True)
class Axis:
    """A straight map from numbers to places on the chart."""

    low: float
    scale: float
    start: float

    @classmethod
    def over(cls, low: float, high: float, start: float, end: float) -> Axis:
        """`low` is drawn at `start`, `high` at `end`."""
        return cls(low, (end - start) / ((high - low) or 1.0), start)

    def at(self, value: float) -> float:
        """Where the number is drawn."""
        return round(self.start + (value - self.low) * self.scale, 1)


def _lines(label: str, number: int, points: Series, across: Axis, up: Axis) -> list[Line]:
    """The line; a long one faint, with its moving mean over it."""
    if len(points) < SMOOTH_FROM:
        return [Line(label, number, _path(points, across, up))]
    mean = moving_mean(points, len(points) // 12)
    return [
        Line(f"{label}, each step", number, _path(points, across, up), faint=True),
        Line(f"{label}, moving mean", number, _path(mean, across, up)),
    ]


def _path(points: Series, across: Axis, up: Axis) -> str:
    return " ".join(f"{across.at(step)},{up.at(value)}" for step, value in points)


def thinned(points: Series, most: int) -> Series:
    """At most `most` of the points, evenly, the last one always among them."""
    if len(points) <= most:
        return points
    stride = (len(points) - 1) / (most - 1)
    return [points[round(n * stride)] for n in range(most)]


def moving_mean(points: Series, window: int) -> Series:
    """The mean of each point and up to `window - 1` before it."""
    means = []
    for n, (step, _) in enumerate(points):
        part = [value for _, value in points[max(0, n - window + 1) : n + 1]]
        means.append((step, math.fsum(part) / len(part)))
    return means


def nice_ticks(low: float, high: float, *, inside: bool = False, about: int = 4) -> list[float]:
    """Round numbers that cover [low, high], or lie within it."""
    if high - low < 1e-12:
        spread = abs(high) * 0.1 or 1.0
        low, high = (low, low + spread) if inside else (low - spread, high + spread)
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    if inside:
        step = max(1.0, math.ceil(step))
        return [n * step for n in range(int(low // step), int(high // step) + 1)]
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [n * step for n in range(first, last + 1)]
