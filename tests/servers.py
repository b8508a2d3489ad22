"""Pytest plug-in, loaded before Django's settings: real PostgreSQL and Redis for every test run."""

from __future__ import annotations

import fcntl
import getpass
import os
import shutil
import tempfile
from itertools import count
from pathlib import Path

from webapp.embedded import VARIABLES, Embedded, attach, open_lock

ENV = "TOUCHSTONE_TEST_DATA_DIR"
EMBEDDED_HERE = "TOUCHSTONE_TEST_EMBEDDED"


def _free_data_dir() -> Path:
    """Return a directory kept between runs (a new cluster costs seconds) that no other run uses.

    Its lock is held as long as this process lives.
    """
    checkout = str(Path(__file__).resolve().parent.parent).strip("/").replace("/", "-")[-30:]
    base = Path(tempfile.gettempdir()) / f"touchstone-tests-{getpass.getuser()}-{checkout}"
    base.mkdir(mode=0o700, exist_ok=True)
    for number in count(1):
        handle = open_lock(base / f"{number}.lock")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
        else:
            return base / str(number)
    raise AssertionError("unreachable")


def _start() -> Embedded | None:
    """Point settings at a test directory, and attach unless URLs were given.

    A worker of xdist inherits what the process that began it set, and starts anew: ids in two test databases are
    the same, so files and streams that are named by them must not be shared.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ.pop(ENV)
        for name in os.environ.pop(EMBEDDED_HERE).split():
            del os.environ[name]
    if ENV not in os.environ:
        os.environ[ENV] = str(_free_data_dir())
        for left in ("runs", "artefacts", "cache"):  # ids begin again with each run
            shutil.rmtree(Path(os.environ[ENV]) / left, ignore_errors=True)
        (Path(os.environ[ENV]) / "static").mkdir(parents=True, exist_ok=True)  # WhiteNoise warns
    os.environ["DATA_DIR"] = os.environ[ENV]
    given = set(os.environ)
    embedded = attach(durable=False)
    os.environ[EMBEDDED_HERE] = " ".join(set(VARIABLES) & (set(os.environ) - given))
    return embedded


# At import: pytest-django reads settings before any fixture.
EMBEDDED = _start()


def pytest_unconfigure() -> None:
    """Stop the servers if nobody else uses them."""
    if EMBEDDED is not None:
        EMBEDDED.release()
