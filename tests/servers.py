"""Pytest plug-in, loaded before Django's settings: real PostgreSQL and Redis for every test run."""

from __future__ import annotations

import fcntl
import getpass
import os
import shutil
import tempfile
from itertools import count
from pathlib import Path

from webapp.embedded import Embedded, attach, open_lock

ENV = "TOUCHSTONE_TEST_DATA_DIR"


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
    """Point settings at a test directory, and attach unless URLs were given or inherited."""
    if ENV not in os.environ:
        os.environ[ENV] = str(_free_data_dir())
        for left in ("runs", "artefacts", "cache"):  # ids begin again with each run
            shutil.rmtree(Path(os.environ[ENV]) / left, ignore_errors=True)
        (Path(os.environ[ENV]) / "static").mkdir(parents=True, exist_ok=True)  # WhiteNoise warns
    os.environ["DATA_DIR"] = os.environ[ENV]
    return attach(durable=False)


# At import: pytest-django reads settings before any fixture. xdist's workers inherit the URLs.
EMBEDDED = _start()


def pytest_unconfigure() -> None:
    """Stop the servers if nobody else uses them."""
    if EMBEDDED is not None:
        EMBEDDED.release()
