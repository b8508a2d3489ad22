"""The distribution of amounts as bars that a template draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

BINS = 20
HEIGHT = 100


def histogram(amounts: Sequence[float], top: float) -> list[dict[str, Any]]:
    """Bars of equal width from 0 to `top`: bounds, count, share, and the bar's height of 100. The last is closed."""
    width = top / BINS
    counts = [0] * BINS
    for amount in amounts:
        # A little is added, because an amount on a border belongs to the bar that begins there.
        counts[min(BINS - 1, int(amount / width + 1e-9))] += 1
    most = max(counts) or 1
    return [
        {
            "low": n * width,
            "high": (n + 1) * width,
            "count": count,
            "share": count / len(amounts),
            "height": round(HEIGHT * count / most, 1),
            "top": round(HEIGHT - HEIGHT * count / most, 1),
        }
        for n, count in enumerate(counts)
    ]
