"""Tests of the embedded servers: real ones, started, shared, killed and healed."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from webapp.embedded import Embedded, prepare_data_dir
from webapp.env import ROOT
from webapp.servers import socket_directory

USER = """
import sys
from webapp.embedded import attach
attach(durable=False)
print("attached", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A data directory whose PostgreSQL files exist, so that a start takes no seconds."""
    place = Path(tempfile.mkdtemp(prefix="touchstone-embedded-"))
    embedded = Embedded(place, durable=False)
    embedded.attach()
    embedded.release()
    yield place
    shutil.rmtree(place)


@pytest.fixture
def embedded(cluster: Path) -> Iterator[Embedded]:
    share = Embedded(cluster, durable=False)
    share.attach()
    yield share
    share.release()


def running(place: Path) -> list[str]:
    """Return the names of the servers of a data directory that run."""
    both = Embedded(place)
    return [type(s).__name__ for s in (both.postgres, both.redis) if s.process() is not None]


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def start_user(place: Path | str, cwd: Path | None = None) -> subprocess.Popen[str]:
    """Start a process that attaches, and stays until its input ends."""
    environment = {
        name: value for name, value in os.environ.items() if not name.endswith(("_URL", "_FILE"))
    }
    user = subprocess.Popen(
        [sys.executable, "-c", USER],
        cwd=cwd or ROOT,
        env=environment | {"DATA_DIR": str(place), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert user.stdout is not None
    assert user.stdout.readline() == "attached\n"
    return user


def send_away(user: subprocess.Popen[str]) -> None:
    user.communicate(timeout=30)
    assert user.returncode == 0


def test_both_servers_work_and_listen_on_sockets_only(embedded: Embedded) -> None:
    with psycopg.connect(embedded.postgres.url()) as connection:
        row = connection.execute("SELECT current_database(), current_setting('listen_addresses')")
        assert row.fetchone() == ("touchstone", "")
    client = redis.Redis.from_url(embedded.redis.url())
    assert client.ping()
    assert client.config_get("port") == {"port": "0"}
    client.close()
    mode = socket_directory(embedded.data_dir).stat().st_mode
    assert stat.S_IMODE(mode) == 0o700


def test_the_last_to_leave_stops_both(cluster: Path) -> None:
    first, second = start_user(cluster), start_user(cluster)
    send_away(first)
    assert running(cluster) == ["Postgres", "Redis"]
    send_away(second)
    assert running(cluster) == []


def test_several_may_start_at_once(cluster: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        users = list(pool.map(start_user, [cluster] * 3))
    directory = str(cluster / "postgres")
    # A child that was forked a moment ago still shows its parent's command.
    parents = {
        process.pid: process.info["ppid"]
        for process in psutil.process_iter(["name", "cmdline", "ppid"])
        if process.info["name"] == "postgres" and directory in (process.info["cmdline"] or [])
    }
    assert len([pid for pid, parent in parents.items() if parent not in parents]) == 1
    for user in users:
        send_away(user)
    assert running(cluster) == []


def test_killed_users_leave_no_server_behind(cluster: Path) -> None:
    users = [start_user(cluster), start_user(cluster)]
    for user in users:
        user.kill()
        user.communicate()
    wait_for(lambda: running(cluster) == [])


def test_data_outlives_the_servers(cluster: Path) -> None:
    for statement in ("CREATE TABLE kept AS SELECT 7 AS number", "SELECT number FROM kept"):
        share = Embedded(cluster, durable=False)
        share.attach()
        with psycopg.connect(share.postgres.url()) as connection:
            cursor = connection.execute(statement)
            found = cursor.fetchone() if cursor.description else None
        share.release()
    assert found == (7,)


def test_killed_servers_heal(embedded: Embedded) -> None:
    for server in (embedded.postgres, embedded.redis):
        process = server.process()
        assert process is not None
        process.send_signal(signal.SIGKILL)
    wait_for(lambda: running(embedded.data_dir) == [])
    assert (embedded.postgres.directory / "postmaster.pid").exists()
    assert embedded.ensure() == ["Postgres", "Redis"]
    with psycopg.connect(embedded.postgres.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert embedded.ensure() == []


def test_a_process_number_that_is_anothers_by_now_does_no_harm(cluster: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    share = Embedded(cluster, durable=False)
    lines = [str(stranger.pid), str(share.postgres.directory), "1", "5432", "/tmp", "", "", "ready"]
    (share.postgres.directory / "postmaster.pid").write_text("\n".join(lines))
    share.redis.pid_file.write_text(str(stranger.pid))
    share.attach()
    assert running(cluster) == ["Postgres", "Redis"]
    share.release()
    assert stranger.poll() is None
    stranger.kill()
    stranger.communicate()


def test_an_interrupted_creation_is_begun_again(tmp_path: Path) -> None:
    prepare_data_dir(tmp_path)
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18")
    share = Embedded(tmp_path, durable=False)
    share.attach()
    assert running(tmp_path) == ["Postgres", "Redis"]
    share.release()


def test_a_long_path_with_blanks_given_relatively_works(tmp_path: Path) -> None:
    place = tmp_path / ("a deep directory, " * 5) / ("and deeper " * 8).strip()
    assert len(str(place)) > 150
    place.parent.mkdir(parents=True)
    user = start_user(Path(place.parent.name) / place.name, cwd=tmp_path)
    assert running(place) == ["Postgres", "Redis"]
    assert len(str(socket_directory(place))) < 60
    send_away(user)
    assert running(place) == []
    shutil.rmtree(socket_directory(place))


def test_servers_of_a_removed_directory_end_too(tmp_path: Path) -> None:
    place = tmp_path / "data"
    user = start_user(place)
    share = Embedded(place)
    servers = [share.postgres.process(), share.redis.process()]
    shutil.rmtree(place)
    send_away(user)
    assert all(server is not None for server in servers)
    wait_for(lambda: not any(server and server.is_running() for server in servers))


def test_ctrl_c_in_the_terminal_does_not_reach_the_servers(embedded: Embedded) -> None:
    for server in (embedded.postgres, embedded.redis):
        process = server.process()
        assert process is not None
        assert os.getsid(process.pid) != os.getsid(0)


def test_the_secret_key_is_written_once_and_closed_to_others(tmp_path: Path) -> None:
    place = tmp_path / "data"
    prepare_data_dir(place)
    key = (place / "secret_key").read_text()
    prepare_data_dir(place)
    assert len(key) >= 50
    assert (place / "secret_key").read_text() == key
    assert stat.S_IMODE((place / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
