"""Tests of settings, each loaded in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from pytest_django import Settings

from webapp.checks import check_database, check_secret_key
from webapp.env import ROOT


def settings_value(expression: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Load settings in a process of its own with these variables alone, and print an expression."""
    code = f"from webapp import settings; print(({expression}))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_needs_to_be_set_and_loading_changes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "new"
    done = settings_value("settings.DEBUG, settings.SECRET_KEY, settings.PORT", DATA_DIR=str(place))
    assert done.stdout.strip() == "(False, '', 8000)", done.stderr
    assert not place.exists()


def test_the_kept_secret_key_is_used(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("kept")
    done = settings_value("settings.SECRET_KEY", DATA_DIR=str(tmp_path))
    assert done.stdout.strip() == "kept"
    done = settings_value("settings.SECRET_KEY", DATA_DIR=str(tmp_path), SECRET_KEY="given")
    assert done.stdout.strip() == "given"


def test_a_wrong_value_stops_the_start() -> None:
    done = settings_value("settings.PORT", PORT="eighty")
    assert done.returncode != 0
    assert "Unexpected value PORT=eighty" in done.stderr


def test_a_database_on_a_socket_is_reached() -> None:
    url = "postgresql://postgres@%2Ftmp%2Fsome%20where/touchstone"
    done = settings_value("settings.DATABASES['default']['HOST']", DATABASE_URL=url)
    assert done.stdout.strip() == "/tmp/some where", done.stderr


def test_artefacts_go_to_a_bucket_when_one_is_named() -> None:
    done = settings_value(
        "settings.STORAGES['artefacts']['BACKEND'], "
        "settings.STORAGES['artefacts']['OPTIONS']['endpoint_url']",
        ARTEFACTS_S3_BUCKET="models",
        ARTEFACTS_S3_ENDPOINT_URL="https://s3.example",
    )
    assert done.stdout.strip() == "('storages.backends.s3.S3Storage', 'https://s3.example')"


def test_another_database_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_database() == []
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    assert [message.id for message in check_database()] == ["touchstone.E001"]


def test_a_missing_secret_key_is_found_at_deployment(settings: Settings) -> None:
    assert check_secret_key() == []
    settings.SECRET_KEY = ""
    assert [message.id for message in check_secret_key()] == ["touchstone.E002"]


def test_tests_run_on_the_real_engines() -> None:
    assert settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert settings.REDIS_URL.startswith(("unix://", "redis"))
