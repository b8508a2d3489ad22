"""Runs the processes of the Procfile: restarts what dies, and leaves nothing behind."""

from __future__ import annotations

import ctypes
import fcntl
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from webapp.embedded import open_lock
from webapp.env import ROOT
from webapp.processes import alive, descendants

# A process that lived so long is well again; one that dies sooner waits twice as long each time.
WELL_AFTER = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
# Seconds from the request to end until what is left is killed.
GRACE = 10.0
COLOURS = (36, 33, 32, 35, 34, 96, 93)
PR_SET_PDEATHSIG = 1


class Refused(Exception):
    """The product may not be started as asked; says why and what to do."""


def claim(data_dir: Path, host: str, port: int) -> int:
    """Make sure that nobody else runs the product on the directory or holds the port.

    Returns the handle of the lock, held until it is closed or the process ends.
    """
    handle = open_lock(data_dir / "run.lock")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        who = os.read(handle, 200).decode() or "another process"
        os.close(handle)
        raise Refused(
            f"Touchstone runs on {data_dir} already ({who}). Stop it first, or choose another "
            "directory with DATA_DIR=..."
        ) from None
    os.truncate(handle, 0)
    os.write(handle, f"process {os.getpid()}, port {port}".encode())
    check_port(host, port)
    return handle


def check_port(host: str, port: int) -> None:
    """Raise `Refused` if the address cannot be listened on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise Refused(
            f"Port {port} on {host} cannot be used ({error.strerror}). Stop what uses it, or "
            f"choose another: PORT={port + 1} make run"
        ) from None


def read_procfile(path: Path, environment: Mapping[str, str]) -> dict[str, list[str]]:
    """Return each process's command, with $NAME replaced from the environment."""
    commands = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, colon, command = line.partition(":")
        if colon and not line.startswith("#"):
            words = shlex.split(command)
            commands[name.strip()] = [_expand(word, environment) for word in words]
    return commands


def _expand(word: str, environment: Mapping[str, str]) -> str:
    for name, value in environment.items():
        word = word.replace(f"${name}", value)
    return word


def _die_with_parent() -> None:
    """In the child, before the command: ask the kernel for a SIGKILL when the runner is gone."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Runner:
    """The processes of one run, each watched by a thread that starts it again when it dies."""

    def __init__(
        self,
        commands: Mapping[str, list[str]],
        environment: Mapping[str, str],
        grace: float = GRACE,
    ) -> None:
        self.grace = grace
        self.commands = dict(commands)
        self.environment = dict(environment)
        # `python`, `celery` and `gunicorn` are the ones of this very installation.
        binaries = Path(sys.executable).parent
        self.environment["PATH"] = f"{binaries}{os.pathsep}{self.environment.get('PATH', '')}"
        self.environment["PYTHONUNBUFFERED"] = "1"
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._printing = threading.Lock()
        self._starting = threading.Lock()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._width = max((len(name) for name in [*self.commands, "runner"]), default=6)

    def run(self) -> None:
        """Start everything, and return once all has ended: on SIGINT, SIGTERM or `stop()`."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        watchers = [
            threading.Thread(target=self._watch, args=(name,), name=name) for name in self.commands
        ]
        for watcher in watchers:
            watcher.start()
        self._stop.wait()
        self.say("stopping")
        self._end_all()
        for watcher in watchers:
            watcher.join()
        self.say("stopped")

    def stop(self) -> None:
        """Ask everything to end; at the second time, without waiting."""
        (self._hurry if self._stop.is_set() else self._stop).set()

    def wait(self, seconds: float) -> bool:
        """Sleep, but no longer than the run lasts; true when it ends."""
        return self._stop.wait(seconds)

    def say(self, text: str, name: str = "runner") -> None:
        """Print a line under a name, in the name's colour where the output is a terminal."""
        prefix = f"{name:<{self._width}} |"
        if sys.stdout.isatty():
            order = [*self.commands, name].index(name)
            prefix = f"\033[{COLOURS[order % len(COLOURS)]}m{prefix}\033[0m"
        with self._printing:
            try:
                sys.stdout.write(f"{prefix} {text}\n")
                sys.stdout.flush()
            except OSError:
                self._stop.set()  # nobody reads us any more: the terminal is gone

    def _on_signal(self, *_: object) -> None:
        self.stop()

    def _watch(self, name: str) -> None:
        """Keep one process alive until the run ends, pausing longer while it keeps dying.

        The process is started by this thread, since the kernel's parent-death signal is tied to the
        thread that forked.
        """
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            started = time.monotonic()
            ending = self._run_once(name)
            if self._stop.is_set():
                return
            pause = FIRST_PAUSE if time.monotonic() - started > WELL_AFTER else pause
            self.say(f"{name} {ending}; starting it again in {pause:.0f} s")
            self._stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _run_once(self, name: str) -> str:
        """Run the command to its end and say how it ended."""
        try:
            with self._starting:
                if self._stop.is_set():
                    return "was not started"
                process = self._start(name)
        except OSError as error:
            return f"could not be started ({error})"
        threading.Thread(target=self._pump, args=(name, process), daemon=True).start()
        code = process.wait()
        if not self._stop.is_set():
            self._kill_group(process.pid)
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        """Start the command in a session of its own, so that Ctrl-C reaches the runner alone."""
        process = subprocess.Popen(  # noqa: S603 - the Procfile is ours
            self.commands[name],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        self._processes[name] = process
        return process

    def _pump(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """Pass on what the process prints, line by line."""
        assert process.stdout is not None  # noqa: S101 - for the type checker
        for line in process.stdout:
            self.say(line.decode(errors="replace").rstrip(), name)

    def _end_all(self) -> None:
        """Ask each process to end; kill what has not by the deadline, grandchildren too."""
        with self._starting:
            leaders = [process for process in self._processes.values() if process.poll() is None]
        family = [member for leader in leaders for member in descendants(leader.pid)]
        for leader in leaders:
            leader.terminate()
        deadline = time.monotonic() + self.grace
        while time.monotonic() < deadline and not self._hurry.is_set():
            if not any(alive(member) for member in family):
                break
            time.sleep(0.05)
        family += [member for leader in leaders for member in descendants(leader.pid)]
        for member in family:
            if alive(member):
                member.kill()
        for leader in leaders:
            self._kill_group(leader.pid)

    @staticmethod
    def _kill_group(pid: int) -> None:
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return
