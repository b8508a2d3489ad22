"""Intervals of shares; pure."""

from __future__ import annotations

import math

Z95 = 1.959963984540054


def wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share among n > 0 independent trials (Wilson 1927)."""
    centre = share + Z95**2 / (2 * n)
    spread = Z95 * math.sqrt(share * (1 - share) / n + Z95**2 / (4 * n * n))
    scale = 1 + Z95**2 / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
