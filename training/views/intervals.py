"""Figures with their intervals, laid out for tables: numbers, and where they are drawn on a line of 100."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MINUS = "\N{MINUS SIGN}"
Figure = Mapping[str, Any]  # value, low, high, n


@dataclass(frozen=True, slots=True)
class Scale:
    """From where to where a figure is drawn, what chance gives, and how its numbers are written."""

    low: float
    high: float
    chance: float
    percent: bool = False


AGREEMENT = Scale(-0.25, 1, 0)
DIFFERENCE = Scale(-0.5, 0.5, 0, percent=True)
ACCURACY = Scale(0, 1, 0.5, percent=True)


@dataclass(frozen=True, slots=True)
class Drawn:
    """An interval as numbers and as places from 0 to 100; `apart` where it excludes chance."""

    value: str
    low: str
    high: str
    n: int
    at: float
    start: float
    length: float
    chance: float
    apart: bool


def drawn(figure: Figure | None, scale: Scale) -> Drawn | None:
    """The figure on its scale; None where there is none."""
    if not figure:
        return None
    value, low, high = (float(figure[name]) for name in ("value", "low", "high"))
    start, end = _place(low, scale), _place(high, scale)
    return Drawn(
        value=_text(value, scale),
        low=_text(low, scale),
        high=_text(high, scale),
        n=int(figure["n"]),
        at=_place(value, scale),
        start=start,
        length=round(end - start, 2),
        chance=_place(scale.chance, scale),
        apart=not low <= scale.chance <= high,
    )


def _place(value: float, scale: Scale) -> float:
    share = (value - scale.low) / (scale.high - scale.low)
    return round(100 * min(1.0, max(0.0, share)), 2)


def _text(value: float, scale: Scale) -> str:
    text = f"{100 * value:.0f} %" if scale.percent else f"{value:.2f}"
    text = text.removeprefix("-") if not text.strip("-0. %") else text  # no minus before nothing
    if scale.percent and scale.chance == 0 and value > 0.005:
        text = f"+{text}"
    return text.replace("-", MINUS)
