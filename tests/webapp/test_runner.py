"""Tests of the runner: real processes under small Procfiles."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from webapp.embedded import prepare_data_dir
from webapp.env import ROOT
from webapp.runner import Refused, check_port, claim, read_procfile

RUN = """
import os, sys
from pathlib import Path
from webapp.runner import Refused, Runner, claim, read_procfile
try:
    claim(Path(sys.argv[1]), "127.0.0.1", int(sys.argv[3]))
except Refused as refusal:
    sys.exit(str(refusal))
Runner(read_procfile(Path(sys.argv[2]), os.environ), os.environ, grace=3).run()
"""
SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
# Deaf to SIGTERM, with a child in a session of its own.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                         start_new_session=True)
print("child", child.pid, flush=True)
time.sleep(600)
"""


class Run:
    """A runner in a process of its own, with what it printed so far."""

    def __init__(self, place: Path, **scripts: str) -> None:
        lines = []
        for name, script in scripts.items():
            (place / f"{name}.py").write_text(script)
            lines.append(f"{name}: python {place / name}.py\n")
        (place / "Procfile").write_text("".join(lines))
        self.output = place / "output"
        with self.output.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-c", RUN, str(place), str(place / "Procfile"), str(free_port())],
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def text(self) -> str:
        return self.output.read_text()

    def wait_for(self, text: str, times: int = 1) -> None:
        wait_for(lambda: self.text().count(text) >= times, f"{text} in {self.text()}")

    def family(self) -> list[psutil.Process]:
        return list(psutil.Process(self.process.pid).children(recursive=True))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.05)


def gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def _start(**scripts: str) -> Run:
        runs.append(Run(tmp_path, **scripts))
        return runs[-1]

    yield _start
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything(start: Callable[..., Run], number: signal.Signals) -> None:
    run = start(one=SLEEPER, two=SLEEPER)
    run.wait_for("| up", times=2)
    family = run.family()
    assert len(family) == 2
    run.process.send_signal(number)
    assert run.process.wait(15) == 0
    assert all(gone(member) for member in family)
    assert "runner | stopped" in run.text()


def test_the_deaf_and_their_children_are_killed(start: Callable[..., Run]) -> None:
    run = start(deaf=STUBBORN)
    run.wait_for("child")
    family = run.family()
    assert len(family) == 2
    began = time.monotonic()
    run.process.terminate()
    run.wait_for("stopping")
    assert run.process.wait(15) == 0
    assert time.monotonic() - began < 15
    assert all(gone(member) for member in family)


def test_a_second_signal_does_not_wait(start: Callable[..., Run]) -> None:
    run = start(deaf=STUBBORN)
    run.wait_for("child")
    run.process.terminate()
    run.wait_for("stopping")
    began = time.monotonic()
    run.process.terminate()
    run.process.wait(15)
    assert time.monotonic() - began < 5


def test_what_dies_is_started_again_and_it_is_said(start: Callable[..., Run]) -> None:
    run = start(steady=SLEEPER, frail="print('frail is up', flush=True); raise SystemExit(3)")
    run.wait_for("frail is up", times=2)
    assert "frail ended with 3; starting it again in 1 s" in run.text()
    run.wait_for("frail ended with 3; starting it again in 2 s")
    assert "steady ended" not in run.text()


def test_a_killed_process_is_named_with_its_signal(start: Callable[..., Run]) -> None:
    run = start(steady=SLEEPER)
    run.wait_for("| up")
    run.family()[0].kill()
    run.wait_for("steady was ended by SIGKILL; starting it again in 1 s")
    run.wait_for("| up", times=2)


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_children_end_with_a_killed_runner(start: Callable[..., Run]) -> None:
    run = start(one=SLEEPER, two=SLEEPER)
    run.wait_for("| up", times=2)
    family = run.family()
    run.process.kill()
    run.process.wait()
    wait_for(lambda: all(gone(member) for member in family), "their end")


def test_a_second_run_on_the_directory_is_refused(start: Callable[..., Run]) -> None:
    first = start(one=SLEEPER)
    first.wait_for("| up")
    with pytest.raises(Refused, match=f"already \\(process {first.process.pid}, port"):
        claim(first.output.parent, "127.0.0.1", free_port())
    first.process.terminate()
    first.process.wait(15)
    os.close(claim(first.output.parent, "127.0.0.1", free_port()))


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        prepare_data_dir(tmp_path)
        with pytest.raises(Refused, match=f"Port {port} on 127.0.0.1 cannot be used"):
            claim(tmp_path, "127.0.0.1", port)
    check_port("127.0.0.1", port)


def test_the_products_procfile_names_its_processes() -> None:
    commands = read_procfile(ROOT / "Procfile", {"HOST": "127.0.0.1", "PORT": "8123"})
    assert list(commands) == ["web", "worker", "gpu", "sampler", "scheduler"]
    assert "127.0.0.1:8123" in commands["web"]
