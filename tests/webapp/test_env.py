"""Tests of the readers of environment variables."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured

from webapp.env import (
    ROOT,
    broker_url,
    env_bool,
    env_data_dir,
    env_int,
    env_list,
    env_secret,
    redis_url,
)


def test_bool_takes_two_words_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env_bool("SOME_SWITCH", True) is True
    monkeypatch.setenv("SOME_SWITCH", "False")
    assert env_bool("SOME_SWITCH", True) is False
    monkeypatch.setenv("SOME_SWITCH", "yes")
    with pytest.raises(ImproperlyConfigured, match="SOME_SWITCH=yes: use 'True' or 'False'"):
        env_bool("SOME_SWITCH", True)


def test_set_to_nothing_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_NUMBER", "")
    assert env_int("SOME_NUMBER", 7) == 7


@pytest.mark.parametrize("value", ["eight", "8.5", "0", "65536"])
def test_int_refuses_what_does_not_fit(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SOME_PORT", value)
    with pytest.raises(ImproperlyConfigured, match="SOME_PORT"):
        env_int("SOME_PORT", 8000, low=1, high=65535)


def test_list_splits_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_HOSTS", "a.example, b.example,,")
    assert env_list("SOME_HOSTS") == ["a.example", "b.example"]


def test_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    monkeypatch.setenv("SOME_SECRET_FILE", str(tmp_path / "secret"))
    assert env_secret("SOME_SECRET") == "s3cret"
    monkeypatch.setenv("SOME_SECRET", "another")
    with pytest.raises(ImproperlyConfigured, match="Both SOME_SECRET and SOME_SECRET_FILE"):
        env_secret("SOME_SECRET")


def test_secret_file_that_is_missing_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SOME_SECRET_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        env_secret("SOME_SECRET")


def test_data_dir_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DATA_DIR")
    assert env_data_dir() == ROOT / "var"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", "some where")
    assert env_data_dir() == tmp_path / "some where"


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost", "memory://"])
def test_redis_url_names_redis(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL"):
        redis_url()


def test_broker_url_leaves_network_addresses_alone() -> None:
    assert broker_url("redis://user:pw@host:6380/2") == "redis://user:pw@host:6380/2"
    assert broker_url("rediss://host/0") == "rediss://host/0?ssl_cert_reqs=CERT_REQUIRED"
    given = "rediss://host/0?ssl_cert_reqs=CERT_NONE"
    assert broker_url(given) == given


@pytest.mark.parametrize("path", ["/run/redis.sock", "/with a blank/redis.sock"])
def test_broker_url_writes_sockets_as_celery_does(path: str) -> None:
    parts = urlsplit(broker_url(f"unix://{path}?db=3"))
    assert parts.scheme == "redis+socket"
    assert unquote(parts.path) == path
    assert parts.query == "virtual_host=3"


def test_broker_url_keeps_the_password_of_a_socket() -> None:
    expected = "redis+socket://:pw@/run/redis.sock?virtual_host=0"
    assert broker_url("unix://:pw@/run/redis.sock") == expected
