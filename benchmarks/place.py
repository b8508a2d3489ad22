"""A throwaway installation for a benchmark: servers and data of its own, the web process of the Procfile."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

STARTED_WITHIN = 60


@contextmanager
def installation() -> Iterator[Path]:
    """An empty data directory with durable servers, Django set up and migrated; removed afterwards.

    Nothing of Django may be imported before: settings read the servers' addresses.
    """
    directory = Path(tempfile.mkdtemp(prefix="touchstone-benchmark-"))
    directory.chmod(0o711)  # PostgreSQL may run under an account of its own
    os.environ["DATA_DIR"] = str(directory)
    os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
    from webapp.embedded import attach, prepare_data_dir

    prepare_data_dir(directory)
    servers = attach()
    try:
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        yield directory
    finally:
        from django.db import connections

        connections.close_all()
        if servers is not None:
            servers.release()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def web_process() -> Iterator[str]:
    """The product's web process on a free port; yields its address."""
    from webapp.env import ROOT
    from webapp.management.commands.run import collect_static
    from webapp.runner import read_procfile

    collect_static()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    binaries = Path(sys.executable).parent
    environment = dict(os.environ) | {"HOST": "127.0.0.1", "PORT": port}
    environment["PATH"] = f"{binaries}{os.pathsep}{environment['PATH']}"
    command = read_procfile(ROOT / "Procfile", environment)["web"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The web process did not start; its log stands above.")


def machine() -> str:
    """The machine in one line, as every table of figures should say it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB memory, clients on the same machine"


def commit() -> str:
    """The commit that is measured; with a plus sign where files differ from it."""
    git = ["git", "-C", str(Path(__file__).parent)]
    found = subprocess.run(
        [*git, "describe", "--always", "--dirty=+"], capture_output=True, text=True
    )
    return found.stdout.strip() or "unknown"


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 100) * len(ordered) // 100) - 1)]
