"""Live sampling over Redis: requests in a list, each answer in a stream that a browser may join late."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import redis
from django.conf import settings

from feedback.errors import NotFound, Unavailable

REQUESTS = "touchstone:sampling"
ALIVE = "touchstone:sampler"
ALIVE_SECONDS = 15
KEPT_SECONDS = 3600
QUIET_SECONDS = 120
OVER = "over"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a stream; `id` is where a reader may go on from."""

    id: str
    name: str
    data: Mapping[str, Any]


@cache
def client() -> redis.Redis:
    """The connection pool to Redis that this process uses."""
    return redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)


def send_request(owner: int, request: Mapping[str, Any]) -> str:
    """Queue a request for the sampler; returns its id. Raises Unavailable `sampler_not_running`."""
    if not client().exists(ALIVE):
        raise Unavailable(
            "The sampler is not running, so nothing can be sampled live.",
            code="sampler_not_running",
            hint="Start it with `python manage.py sampler`, or wait until it has restarted.",
        )
    name = uuid.uuid4().hex
    client().set(f"{_key(name)}:owner", owner, ex=KEPT_SECONDS)
    client().lpush(REQUESTS, json.dumps({"id": name, **request}))
    return name


def take_request(seconds: int) -> dict[str, Any] | None:
    """The next request, waiting so long for one; also says that the sampler is alive."""
    client().set(ALIVE, "1", ex=ALIVE_SECONDS)
    taken = cast("tuple[str, str] | None", client().brpop([REQUESTS], timeout=seconds))
    return None if taken is None else cast("dict[str, Any]", json.loads(taken[1]))


def publish(name: str, event: str, data: Mapping[str, Any]) -> None:
    """Append to a request's stream."""
    key = _key(name)
    client().xadd(key, {"event": event, "data": json.dumps(data)})
    client().expire(key, KEPT_SECONDS)


def request_stop(name: str) -> None:
    """Ask the sampler to end a request early."""
    client().set(f"{_key(name)}:stop", "1", ex=KEPT_SECONDS)


def stop_requested(name: str) -> bool:
    """Whether somebody asked for the end of a request."""
    return bool(client().exists(f"{_key(name)}:stop"))


def check_owner(name: str, owner: int) -> None:
    """Raises NotFound for a stream that is not this user's."""
    if client().get(f"{_key(name)}:owner") != str(owner):
        raise NotFound("There is no such sampling of yours.", code="unknown_sampling")


def follow(name: str, last: str = "0") -> Iterator[Event | None]:
    """Events after `last`, as they come, to the end; None now and then while nothing happens."""
    quiet = 0
    while quiet < QUIET_SECONDS:
        got = cast(Any, client().xread({_key(name): last}, block=1000, count=100))
        if not got:
            quiet += 1
            yield None
            continue
        quiet = 0
        for last, fields in got[0][1]:
            yield Event(last, fields["event"], json.loads(fields["data"]))
            if fields["event"] == OVER:
                return


def _key(name: str) -> str:
    return f"{REQUESTS}:{name}"
