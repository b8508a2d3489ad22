"""Errors become HTTP here and nowhere else: a status for each, a page for browsers."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render

from feedback.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    TouchstoneError,
    Unavailable,
)

API_PREFIX = "/api/"
STATUSES: dict[type[TouchstoneError], HTTPStatus] = {
    InvalidInput: HTTPStatus.BAD_REQUEST,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(error: TouchstoneError) -> HTTPStatus:
    """The HTTP status of an error; a subclass has that of its nearest known parent."""
    for cls in type(error).__mro__:
        if cls in STATUSES:
            return STATUSES[cls]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def error_response(request: HttpRequest, error: TouchstoneError, status: int) -> HttpResponse:
    """The error as JSON under /api/, as a fragment for htmx, as a page for everybody else."""
    if request.path.startswith(API_PREFIX):
        return JsonResponse({"error": error.as_json()}, status=status)
    whole = not getattr(request, "htmx", False)
    template = "errors/error.html" if whole else "errors/_error.html"
    return render(request, template, {"error": error, "status": int(status)}, status=status)


class TouchstoneErrorMiddleware:
    """Shows the errors that views let through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; errors come back through `process_exception`."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The response for an error that the user can understand; others stay Django's."""
        if isinstance(error, TouchstoneError):
            return error_response(request, error, status_of(error))
        return None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 400: a request that cannot even be read."""
    error = InvalidInput("The request cannot be read.", code="bad_request")
    return error_response(request, error, HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 403."""
    error = NotAllowed("You may not do this.", hint="Log in as somebody who may.")
    return error_response(request, error, HTTPStatus.FORBIDDEN)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 404."""
    error = NotFound("There is nothing at this address.", hint="Check the address.")
    return error_response(request, error, HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's 500: ours to mend; the cause is in the server's log."""
    error = TouchstoneError(
        "Something went wrong on the server; nothing was stored by this request.",
        code="server_error",
        hint="Try again; if it happens again, tell whoever runs this server when it did.",
    )
    return error_response(request, error, HTTPStatus.INTERNAL_SERVER_ERROR)
