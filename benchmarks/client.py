"""A lean client: one kept connection, bytes in and out, so that the figures are the server's and not its own."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

IDLE = 1  # seconds after which a connection is made anew: the server lets one go after two


class Caller:
    """One connection of `http.client` to the server, with the headers that say who asks."""

    def __init__(self, address: str, headers: Mapping[str, str]) -> None:
        place = urlsplit(address)
        self._connection = HTTPConnection(place.hostname or "", place.port, timeout=600)
        self._headers = {"Content-Type": "application/json", **headers}
        self._used = 0.0

    def send(self, method: str, path: str, body: Any = None) -> tuple[bytes, float]:
        """The answer and the milliseconds waited for it; anything but a 2xx ends the benchmark."""
        data = None if body is None else json.dumps(body).encode()
        if time.perf_counter() - self._used > IDLE:
            self._connection.close()
        begun = time.perf_counter()
        self._connection.request(method, path, body=data, headers=self._headers)
        response = self._connection.getresponse()
        found = response.read()
        self._used = time.perf_counter()
        waited = (self._used - begun) * 1000
        if response.status // 100 != 2:
            raise SystemExit(f"{method} {path}: {response.status} {found[:500]!r}")
        return found, waited

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()


def by_token(address: str, token: str) -> Caller:
    """A program's connection."""
    return Caller(address, {"Authorization": f"Bearer {token}"})


def by_session(address: str, user: Any) -> Caller:
    """A browser's connection, logged in as the user."""
    from django.test import Client

    client = Client()
    client.force_login(user)
    return Caller(address, {"Cookie": f"sessionid={client.cookies['sessionid'].value}"})
