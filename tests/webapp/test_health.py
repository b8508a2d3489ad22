"""`/healthz` says whether the database and Redis answer."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings


@pytest.mark.django_db
def test_well() -> None:
    answer = Client().get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "redis": "ok"}
    assert "no-cache" in answer["Cache-Control"]


@pytest.mark.django_db
def test_without_redis(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "database": "ok", "redis": "unreachable"}


@pytest.mark.django_db(transaction=True)
def test_without_a_database() -> None:
    connection.close()
    there = dict(connection.settings_dict)
    try:
        connection.settings_dict.update(HOST="127.0.0.1", PORT="1", OPTIONS={"connect_timeout": 2})
        answer = Client().get("/healthz")
    finally:
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(there)
    assert answer.status_code == 503
    assert answer.json()["database"] == "unreachable"


def test_only_reading() -> None:
    assert Client().post("/healthz").status_code == 405
