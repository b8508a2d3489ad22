"""Rows as tensors: the columns that losses read, and conversations of different lengths in one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Columns by their type; a list in one is padded with 0 to the longest of the batch.
COLUMNS = {
    "tie": "bool",
    "strength": "float32",
    "margin": "float32",
    "level": "int64",
    "annotator": "int64",
    "share": "float32",
    "tier": "int64",
    "tied": "bool",
    "desirable": "bool",
    "amount": "float32",
    "low": "float32",
    "high": "float32",
    "targets": "float32",
    "rated": "bool",
    "compared": "float32",
    "bootstrap": "float32",
}


def tensors(rows: Sequence[Mapping[str, Any]], sizes: Sequence[int]) -> dict[str, Any]:
    """The columns of the rows, [rows] or [rows, longest], and `mask` [rows, K] for rows of such sizes."""
    import torch

    widest = max(sizes)
    mask = torch.arange(widest).unsqueeze(0) < torch.tensor(sizes).unsqueeze(1)
    found = {"mask": mask}
    for name, kind in COLUMNS.items():
        if name in rows[0]:
            values = [row[name] for row in rows]
            found[name] = torch.tensor(_padded(values), dtype=getattr(torch, kind))
    return found


def _padded(values: list[Any]) -> list[Any]:
    if not isinstance(values[0], list):
        return values
    longest = max(map(len, values))
    return [value + [0] * (longest - len(value)) for value in values]
