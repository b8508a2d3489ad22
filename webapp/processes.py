"""Finding and ending processes by number, name and kinship; a zombie counts as gone."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psutil


def process_of(pid_file: Path, name: str, marker: str) -> psutil.Process | None:
    """Return the live server that the file names, and nothing if its number is another's by now."""
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        mine = process.name() == name and marker in " ".join(process.cmdline())
        return process if mine and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def process_named(name: str, marker: str) -> psutil.Process | None:
    """Return the live server with these words in its command, should its files be gone."""
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == name and marker in " ".join(process.info["cmdline"] or []):
            return process
    return None


def end_process(process: psutil.Process | None, *signals: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn until the process is gone, waiting so many seconds after each."""
    if process is None:
        return
    for number, seconds in signals:
        try:
            process.send_signal(number)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if not alive(process):
                    return
                time.sleep(0.02)
        except psutil.NoSuchProcess:
            return


def descendants(pid: int) -> list[psutil.Process]:
    """Return the process and all that it started, whatever session they moved to."""
    try:
        leader = psutil.Process(pid)
        return [leader, *leader.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def alive(process: psutil.Process) -> bool:
    """Tell whether the process still runs; a zombie does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
