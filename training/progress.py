"""What running work may report, and the directory through which a child process reports it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

EVENTS = "metrics.jsonl"
RUN = "run.json"
LOCK = "run.lock"
LOG = "log.txt"
CHECKPOINTS = "checkpoints"
OUTPUT = "output"
ROUNDS = "rounds"
DRAFTS = "drafts"
VECTORS = "vectors.jsonl"  # stored vectors that training reads: {"candidate", "vector"} a line
CHUNK = 16  # items answered between two writes


class Stopped(Exception):
    """The work saved what it had and ended because `should_stop` turned true."""


class Reporter(Protocol):
    """How work speaks while it runs."""

    def progress(self, done: int, total: int, message: str = "") -> None:
        """So much of so much is done."""

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers at a training step."""

    def saved(self, step: int, path: str) -> None:
        """A checkpoint is complete at `path`, relative to the run directory."""

    def should_stop(self) -> bool:
        """True once the work should save what it has and end."""


class EventWriter:
    """A Reporter that appends one JSON line an event to a run directory's `metrics.jsonl`."""

    def __init__(self, directory: Path) -> None:
        self._file = (directory / EVENTS).open("a", encoding="utf-8")
        self._stop = False

    def stop(self) -> None:
        """Ask the work to end at the next safe point."""
        self._stop = True

    def should_stop(self) -> bool:
        """Whether `stop` was called."""
        return self._stop

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Write a progress line."""
        self._write({"type": "progress", "done": done, "total": total, "message": message})

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """Write a metrics line; a value that is not finite is written as null."""
        clean = {k: (v if math.isfinite(v) else None) for k, v in values.items()}
        self._write({"type": "metrics", "step": step, "values": clean})

    def saved(self, step: int, path: str) -> None:
        """Write that a checkpoint is complete."""
        self._write({"type": "saved", "step": step, "path": path})

    def result(self, result: Mapping[str, Any]) -> None:
        """Write the work's result: the last line of a run that ended well."""
        self._write({"type": "result", "result": dict(result)})

    def stopped(self) -> None:
        """Write that the work ended because it was asked to."""
        self._write({"type": "stopped"})

    def error(self, error: Mapping[str, Any]) -> None:
        """Write why the work failed, in the product's error shape."""
        self._write({"type": "error", "error": dict(error)})

    def _write(self, event: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(event, ensure_ascii=False) + "\n")
        self._file.flush()


def fill_lines(
    path: Path,
    items: Sequence[Mapping[str, Any]],
    answer: Callable[[list[Any]], list[Mapping[str, Any]]],
    reporter: Reporter,
    message: str,
) -> int:
    """Append `{"id", **answer}` to a file for each item that has no line yet; returns how many
    items have one.

    Items are answered in chunks that do not depend on what is there already, so that a file that
    was filled in two goes is the one that one go makes. Raises Stopped between chunks.
    """
    done = _answered(path)
    reporter.progress(len(done), len(items), message)
    with path.open("a", encoding="utf-8") as file:
        for start in range(0, len(items), CHUNK):
            chunk = list(items[start : start + CHUNK])
            if all(item["id"] in done for item in chunk):
                continue
            if reporter.should_stop():
                raise Stopped
            for item, body in zip(chunk, answer(chunk), strict=True):
                if item["id"] not in done:
                    file.write(json.dumps({"id": item["id"], **body}, ensure_ascii=False) + "\n")
                    done.add(item["id"])
            file.flush()
            reporter.progress(len(done), len(items), message)
    return len(done)


def _answered(path: Path) -> set[Any]:
    """Ids that have a line; what a killed run left half-written at the end is cut off."""
    if not path.exists():
        return set()
    whole = path.read_bytes()
    complete = whole[: whole.rfind(b"\n") + 1]
    if len(complete) < len(whole):
        path.write_bytes(complete)
    return {json.loads(line)["id"] for line in complete.splitlines()}
