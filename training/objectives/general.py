"""A preference score that may be cyclic: the general preference embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def general_preference(first: Tensor, second: Tensor, tau: float = 0.1) -> Tensor:
    """<R v_first, v_second> / tau [rows], of embeddings [rows, 2 m] of length 1.

    R is skew: on each pair of coordinates (x, y) -> (-y, x), so the score is antisymmetric and 0 of
    a completion against itself. It takes the place of a difference of rewards in
    `soft_bradley_terry` and others. Raises ValueError for an odd size. GPM: Zhang et al. 2024
    (arXiv:2410.02197).
    """
    if first.shape[-1] % 2:
        raise ValueError(f"an embedding has an even size, not {first.shape[-1]}")
    x, y = first[..., 0::2], first[..., 1::2]
    return (x * second[..., 1::2] - y * second[..., 0::2]).sum(-1) / tau
