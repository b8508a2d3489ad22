"""Checkpoints that can be trusted: complete ones are marked, half-written ones removed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

COMPLETE = "complete"


def checkpoint_directory(directory: str | Path, step: int) -> Path:
    """Where the trainer saves a step."""
    return Path(directory) / f"checkpoint-{step}"


def mark_complete(path: Path) -> None:
    """Say that everything in the checkpoint is written; on the disk before the mark is."""
    for file in path.iterdir():
        _sync(file)
    mark = path / COMPLETE
    mark.touch()
    _sync(mark)


def newest_complete(directory: Path) -> Path | None:
    """The newest complete checkpoint, after removing what a killed run left half-written."""
    complete = []
    for step, path in _saved(directory):
        if (path / COMPLETE).exists():
            complete.append((step, path))
        else:
            shutil.rmtree(path)
    return max(complete)[1] if complete else None


def _saved(directory: Path) -> Iterator[tuple[int, Path]]:
    for path in directory.glob("checkpoint-*"):
        number = path.name.removeprefix("checkpoint-")
        if number.isdigit():
            yield int(number), path


def _sync(path: Path) -> None:
    if path.is_file():
        with path.open("rb") as file:
            os.fsync(file.fileno())
