"""Rounds of sampling and training: each in a directory of its own, so that a run resumes within or between them."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.progress import CHECKPOINTS, OUTPUT, ROUNDS, Reporter
from training.recipes.base import Run

logger = logging.getLogger(__name__)

REPORT = "report.json"  # written last: a round that has one is over


@dataclass(frozen=True, slots=True)
class Round:
    """One of `count` rounds; `run` has its directory, and the policy of the round before as base.

    `origin` is the base of the first round, `earlier` what the round before began with.
    """

    number: int
    count: int
    run: Run
    reporter: Reporter
    origin: str
    earlier: str | None


class RoundReporter:
    """Reports of a round as those of the whole run: steps go on, and paths say which round it is."""

    def __init__(self, reporter: Reporter, number: int, count: int, steps: int) -> None:
        self._reporter = reporter
        self._number = number
        self._name = f"Round {number} of {count}: " if count > 1 else ""
        self._steps = steps

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Of the round's own work."""
        self._reporter.progress(done, total, f"{self._name}{message}")

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """At a step of the whole run."""
        self._reporter.metrics(self._steps + step, values)

    def saved(self, step: int, path: str) -> None:
        """At a path of the whole run."""
        self._reporter.saved(self._steps + step, f"{ROUNDS}/{self._number}/{path}".rstrip("/"))

    def should_stop(self) -> bool:
        """As the whole run."""
        return self._reporter.should_stop()


Play = Callable[[Round], Mapping[str, Any]]


def play_rounds(run: Run, reporter: Reporter, count: int, play: Play) -> list[dict[str, Any]]:
    """Play the rounds that are not over yet, put the last policy into `output/`, return the reports.

    `play` trains into its round's `output/` and reports `steps`; 0 ends the rounds, as there was
    nothing left to learn. Of a round that is over nothing stays but its report, samples and grades,
    and of the last two the policies.
    """
    reports: list[dict[str, Any]] = []
    newest, earlier = run.base_model, None
    for number in range(1, count + 1):
        directory = run.directory / ROUNDS / str(number)
        directory.mkdir(parents=True, exist_ok=True)
        steps = sum(report["steps"] for report in reports)
        told = RoundReporter(reporter, number, count, steps)
        over = (directory / REPORT).exists()
        if not over:
            logger.info("round %s of %s, from %s", number, count, newest)
            mine = replace(run, directory=directory, base_model=newest)
            turn = Round(number, count, mine, told, run.base_model, earlier)
            _write(directory / REPORT, play(turn))
        report = json.loads((directory / REPORT).read_text())
        reports.append(report)
        shutil.rmtree(directory / CHECKPOINTS, ignore_errors=True)
        if not report["steps"]:
            break
        shutil.rmtree(directory.with_name(str(number - 2)) / OUTPUT, ignore_errors=True)
        newest, earlier = str(directory / OUTPUT), newest
        if not over:
            told.saved(report["steps"], "")
    _hand_over(Path(newest), run.directory / OUTPUT)
    return reports


def _hand_over(source: Path, output: Path) -> None:
    """Copied, not moved: a run that dies before it has told its result begins here again."""
    partial = output.with_name(f"{OUTPUT}.partial")
    for old in (partial, output):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(source, partial)
    partial.replace(output)


def _write(path: Path, report: Mapping[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(dict(report), indent=2, ensure_ascii=False))
    partial.replace(path)
