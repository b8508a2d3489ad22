"""Embedded PostgreSQL and Redis of a data directory: shared by its users, stopped by the last."""

from __future__ import annotations

import atexit
import fcntl
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webapp.env import ROOT, env_data_dir, env_str
from webapp.servers import Postgres, Redis, ServerError

VARIABLES = ("DATABASE_URL", "REDIS_URL")


class Embedded:
    """One process's share in the servers of a data directory.

    Every user holds `servers.lock` shared, which the kernel gives back even after `kill -9`; who
    gets it alone knows that nobody is left and stops both servers, so a start (by a user) and a
    stop (by none) exclude each other. Starts are serialised by `servers.start.lock`. A keeper waits
    for the lock alone, for the day when the last user had no time to tidy up.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.data_dir = data_dir
        self.postgres = Postgres(data_dir, durable=durable)
        self.redis = Redis(data_dir)
        self._owner = os.getpid()
        self._users: int | None = None

    def attach(self) -> None:
        """Join the users and see to it that both servers run."""
        self._users = open_lock(self.data_dir / "servers.lock")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        self._owner = os.getpid()
        self.ensure()

    def ensure(self) -> list[str]:
        """Start what is not running, at first or should a server have died; return their names."""
        with locked(self.data_dir / "servers.start.lock"):
            started = [server for server in (self.postgres, self.redis) if not server.is_ready()]
            for server in started:
                server.start()
            if started:
                self._start_keeper()
        return [type(server).__name__ for server in started]

    def release(self) -> None:
        """Leave; the last one out stops both servers before this returns."""
        if self._users is None or os.getpid() != self._owner:
            return
        handle, self._users = self._users, None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.stop()
        except BlockingIOError:
            # Others use them, or the keeper is stopping them right now: then wait for its end.
            fcntl.flock(handle, fcntl.LOCK_SH)
        finally:
            os.close(handle)

    def stop(self) -> None:
        """Stop both servers; only for who holds the lock alone."""
        self.redis.stop()
        self.postgres.stop()

    def keep(self) -> None:
        """Wait until nobody uses the servers, then stop them: the keeper's whole life."""
        mine = os.open(self.data_dir / "servers.keeper.lock", os.O_RDWR)
        users = os.open(self.data_dir / "servers.lock", os.O_RDWR)
        try:
            fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        fcntl.flock(users, fcntl.LOCK_EX)
        self.stop()
        os.close(mine)
        os.close(users)

    def _start_keeper(self) -> None:
        """Start a keeper; it ends at once where another waits already."""
        os.close(open_lock(self.data_dir / "servers.keeper.lock"))
        subprocess.Popen(  # noqa: S603 - this very module
            [sys.executable, "-m", "webapp.embedded", str(self.data_dir)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def open_lock(path: Path) -> int:
    """Open a lock file; the handle does not pass to programs started later."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file's lock alone for a while."""
    handle = open_lock(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def prepare_data_dir(data_dir: Path) -> None:
    """Create the directory, closed to others, with the secret key that sessions are signed with."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = data_dir / "secret_key"
    with locked(data_dir / "servers.start.lock"):
        if path.exists():
            return
        handle, draft = tempfile.mkstemp(dir=data_dir)  # mode 600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(50))
        Path(draft).replace(path)


def attach(*, durable: bool = True) -> Embedded | None:
    """Before settings load: point whichever of the two URLs is not given at an embedded server.

    Starts the servers where they are not running, and leaves at exit. Child processes inherit the
    URLs, and so do not attach themselves. Nothing is returned where both URLs are given.
    """
    data_dir = env_data_dir()
    prepare_data_dir(data_dir)
    if all(env_str(name) or env_str(f"{name}_FILE") for name in VARIABLES):
        return None
    embedded = Embedded(data_dir, durable=durable)
    _attached.append(embedded)
    atexit.register(embedded.release)
    embedded.attach()
    urls = (embedded.postgres.url(), embedded.redis.url())
    for name, url in zip(VARIABLES, urls, strict=True):
        if not env_str(f"{name}_FILE"):
            os.environ[name] = env_str(name) or url
    return embedded


def current() -> Embedded | None:
    """Return this process's share in the servers, if it has one."""
    return _attached[-1] if _attached else None


_attached: list[Embedded] = []

if __name__ == "__main__":
    Embedded(Path(sys.argv[1])).keep()


__all__ = ["Embedded", "ServerError", "attach", "current", "open_lock", "prepare_data_dir"]
