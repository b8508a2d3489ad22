"""The experiment: its parts, run one after another, printed and written down."""

from __future__ import annotations

import logging
import platform
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from benchmarks.lab import cardinal, kinds, policies, spam, ties
from benchmarks.lab.report import Part
from webapp.env import ROOT

RUNS = {"a": kinds.run, "c": cardinal.run, "d": policies.run, "e": ties.run, "f": spam.run}
MARK = "<!-- figures below are written by benchmarks.science -->"


def run(names: Sequence[str], seeds: Callable[[str], range], quick: bool) -> list[Part]:
    """The parts named, each printed when it is done."""
    logging.disable(logging.INFO)
    parts = []
    for name in names:
        started = time.monotonic()
        part = RUNS[name](seeds(name), quick=quick)
        part.seconds = time.monotonic() - started
        part.lines.insert(0, f"\n{len(seeds(name))} seeds, {part.seconds:.0f} s.")
        sys.stdout.write(part.as_markdown() + "\n")
        sys.stdout.flush()
        parts.append(part)
    return parts


def write(parts: Sequence[Part]) -> None:
    """Replace the figures in docs/science.md."""
    path = ROOT / "docs" / "science.md"
    before = path.read_text().split(MARK)[0].rstrip() if path.exists() else "# Science"
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    machine = f"{when}, Python {platform.python_version()}, {platform.machine()}, no GPU."
    body = "\n".join(part.as_markdown() for part in parts)
    path.write_text(f"{before}\n\n{MARK}\n\n{machine}\n\n{body}")
