"""The one shape of errors, on every path that leads to one."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from rest_framework import exceptions
from rest_framework.test import APIClient

from feedback.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    TouchstoneError,
    Unavailable,
)
from feedback.models import Project, User
from tests.cast import ApiOf
from webapp.api import exception_handler
from webapp.errors import TouchstoneErrorMiddleware, server_error, status_of

SHAPE = {"code", "message", "hint", "details"}


def told(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The error, once its shape, status and code are as they should be."""
    assert answer.status_code == status, answer.content
    assert set(answer.json()) == {"error"}
    error = dict(answer.json()["error"])
    assert set(error) == SHAPE
    assert error["code"] == code
    assert error["message"]
    return error


class Gone(NotFound):
    """A subclass that the table does not know."""


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput("x"), 400),
        (NotAllowed("x"), 403),
        (NotFound("x"), 404),
        (Gone("x"), 404),
        (Conflict("x"), 409),
        (Unavailable("x"), 503),
        (TouchstoneError("x"), 500),
    ],
)
def test_statuses(error: TouchstoneError, status: int) -> None:
    assert status_of(error) == status


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (
            Conflict("x", code="key_conflict", hint="y", details=[{"where": "z"}]),
            409,
            "key_conflict",
        ),
        (exceptions.ValidationError({"a": [{"b": ["wrong"]}]}), 400, "invalid_input"),
        (exceptions.ParseError(), 400, "parse_error"),
        (exceptions.Throttled(wait=3), 429, "throttled"),
        (exceptions.NotAcceptable(), 406, "not_acceptable"),
        (exceptions.PermissionDenied(), 403, "not_allowed"),
        (exceptions.APIException(), 500, "error"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "not_allowed"),
    ],
)
def test_whatever_is_raised_has_the_shape(error: Exception, status: int, code: str) -> None:
    answer = exception_handler(error, {})
    assert answer is not None
    assert answer.status_code == status
    assert set(answer.data["error"]) == SHAPE
    assert answer.data["error"]["code"] == code


def test_places_are_named() -> None:
    answer = exception_handler(exceptions.ValidationError({"a": [{"b": ["wrong"]}]}), {})
    assert answer is not None
    assert answer.data["error"]["details"] == [
        {"where": "a.0.b", "code": "invalid", "message": "wrong"}
    ]
    assert answer.data["error"]["message"] == "a.0.b: wrong"


def test_throttled_answers_say_when() -> None:
    answer = exception_handler(exceptions.Throttled(wait=3), {})
    assert answer is not None
    assert answer["Retry-After"] == "3"


def test_what_nobody_knows_is_left_to_django() -> None:
    assert exception_handler(RuntimeError("bug"), {}) is None


def test_over_http(project: Project, owner: User, api_of: ApiOf) -> None:
    api, url = api_of(owner), "/api/v1/projects/"
    raw: dict[str, Any] = {"content_type": "application/json"}
    told(APIClient().get(url), 401, "not_authenticated")
    told(api.get("/api/v1/nothing/"), 404, "unknown_endpoint")
    told(api.get("/api/nothing"), 404, "unknown_endpoint")
    told(api.delete(url), 405, "method_not_allowed")
    told(api.post(url, "{", **raw), 400, "parse_error")
    told(api.post(url, '{"name": NaN}', **raw), 400, "parse_error")
    told(api.post(url, b'{"name": "\xff"}', **raw), 400, "parse_error")
    told(api.post(url, "[" * 100_000, **raw), 400, "parse_error")
    told(api.post(url, '{"name": "a\\u0000"}', **raw), 400, "nul_character")
    told(api.post(url, '{"name": "\\ud800"}', **raw), 400, "bad_unicode")
    told(api.post(url, "name=x", content_type="text/plain"), 415, "unsupported_media_type")
    told(api.post(url, "[]", **raw), 400, "invalid_input")
    told(api.get(url, HTTP_ACCEPT="text/csv"), 406, "not_acceptable")
    told(api.get(f"{url}?cursor=nonsense"), 404, "not_found")
    told(api.get(f"{url}?cursor=cD1hYmM="), 404, "not_found")  # p=abc
    told(api.get(f"{url}nowhere/"), 404, "not_found")
    told(api.get(f"/api/v1/items/{10**40}/"), 404, "unknown_item")


@pytest.mark.parametrize("htmx", [False, True])
def test_a_page_or_a_fragment_for_browsers(htmx: bool) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        raise AssertionError("never called")

    request = RequestFactory().get("/somewhere/")
    request.htmx = htmx  # type: ignore[attr-defined]
    request.user = User(username="x")
    error = Conflict("It is taken.", code="taken", hint="Take another.", details=[])
    answer = TouchstoneErrorMiddleware(view).process_exception(request, error)
    assert answer is not None
    assert answer.status_code == 409
    html = answer.content.decode()
    assert ("<html" in html) != htmx
    for text in ("It is taken.", "Take another.", "taken"):
        assert text in html


def test_other_errors_stay_djangos() -> None:
    middleware = TouchstoneErrorMiddleware(lambda request: HttpResponse())
    request = RequestFactory().get("/somewhere/")
    assert middleware.process_exception(request, RuntimeError("bug")) is None


@pytest.mark.django_db
def test_a_page_that_is_not_there() -> None:
    answer = Client().get("/no/such/page/")
    assert answer.status_code == 404
    assert "nothing at this address" in answer.content.decode()


def test_a_crash_under_api_has_the_shape_too() -> None:
    answer = server_error(RequestFactory().get("/api/v1/projects/"))
    assert answer.status_code == 500
    assert b'"server_error"' in answer.content
