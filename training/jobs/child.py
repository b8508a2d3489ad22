"""Running work that loads a model in a child process: started, followed, stopped, never left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from feedback.errors import TouchstoneError
from training.jobs.context import JobContext
from training.progress import EVENTS, LOG, RUN, Stopped

POLL_SECONDS = 0.2
GRACE_SECONDS = 20.0
DIRECTORY_BUSY = 75  # the worker's exit status when another child holds the directory's lock
LOCK_PATIENCE = 60.0


class ChildDied(Exception):
    """The child was killed, or could not get its directory: another attempt may succeed."""


def run_child(
    context: JobContext,
    task: Mapping[str, Any],
    on_saved: Callable[[int, str], None] | None = None,
) -> dict[str, Any]:
    """Do `task` in a child process in the job's directory and return its result.

    The child appends lines to `metrics.jsonl`, which become rows here; its output goes to `log.txt`. It ends
    when its standard input closes, so it never outlives this process. Raises Stopped, ChildDied, or the
    TouchstoneError that the child reported.
    """
    directory = context.directory
    (directory / RUN).write_text(json.dumps(dict(task), indent=2, ensure_ascii=False))
    events = directory / EVENTS
    events.touch()
    with events.open(encoding="utf-8") as lines, (directory / LOG).open("ab") as log:
        context.store_steps(earlier_steps(lines.readlines()))
        deadline = time.monotonic() + LOCK_PATIENCE
        while True:
            child = _start(directory, log)
            try:
                ending = _follow(context, child, lines, on_saved)
            finally:
                _kill(child)
            if child.returncode != DIRECTORY_BUSY or time.monotonic() > deadline:
                return _conclude(context, child.returncode, ending)
            time.sleep(1)  # the child of a lost attempt is still ending


def _start(directory: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 fixed arguments
        [sys.executable, "-m", "training.worker", str(directory)],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        cwd=settings.ROOT,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore::FutureWarning"},
    )


def _follow(
    context: JobContext,
    child: subprocess.Popen[bytes],
    lines: IO[str],
    on_saved: Callable[[int, str], None] | None,
) -> dict[str, Any]:
    """Store the child's lines until it ends; ask it to stop when the context says so, then insist."""
    ending: dict[str, Any] = {}
    stop_by: float | None = None
    while True:
        over = child.poll() is not None
        for event in _events(lines):
            ending = _store(context, event, on_saved) or ending
        if over:
            return ending
        if stop_by is None and context.should_stop():
            stop_by = time.monotonic() + GRACE_SECONDS
            _ask_to_stop(child)
        if stop_by is not None and time.monotonic() > stop_by:
            child.kill()
        time.sleep(POLL_SECONDS)


def _events(lines: IO[str]) -> Iterator[dict[str, Any]]:
    """Whole lines that have come; a half-written one waits for its end."""
    while True:
        start = lines.tell()
        line = lines.readline()
        if not line.endswith("\n"):
            lines.seek(start)
            return
        yield json.loads(line)


def earlier_steps(lines: list[str]) -> dict[int, Mapping[str, float]]:
    """The metrics of earlier attempts: a worker that was killed may not have stored the last of them."""
    steps = {}
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # cut off when the child was killed
        if event["type"] == "metrics":
            steps[event["step"]] = event["values"]
    return steps


def _store(
    context: JobContext,
    event: dict[str, Any],
    on_saved: Callable[[int, str], None] | None,
) -> dict[str, Any] | None:
    match event["type"]:
        case "progress":
            context.progress(event["done"], event["total"], event["message"])
        case "metrics":
            context.metrics(event["step"], event["values"])
        case "saved" if on_saved is not None:
            on_saved(event["step"], event["path"])
        case "result" | "error" | "stopped":
            return event
    return None


def _conclude(context: JobContext, status: int, ending: dict[str, Any]) -> dict[str, Any]:
    match ending.get("type"):
        case "result":
            return dict(ending["result"])
        case "error":
            error = ending["error"]
            raise TouchstoneError(
                error["message"],
                code=error["code"],
                hint=error.get("hint", ""),
                details=error.get("details", ()),
            )
    if ending.get("type") == "stopped" or context.should_stop():
        raise Stopped
    raise ChildDied(f"The child process ended with status {status}.")


def _ask_to_stop(child: subprocess.Popen[bytes]) -> None:
    try:
        assert child.stdin is not None  # noqa: S101 it was opened as a pipe
        child.stdin.write(b"stop\n")
        child.stdin.flush()
    except BrokenPipeError:
        pass  # it ended meanwhile


def _kill(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.kill()
    child.wait()
    if child.stdin is not None:
        child.stdin.close()
