"""What every REST endpoint shares: the root and the one shape of errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView, set_rollback
from rest_framework.views import exception_handler as drf_exception_handler

from feedback.api.base import flat
from feedback.errors import InvalidInput, NotAllowed, NotFound, TouchstoneError
from webapp.errors import status_of

# What DRF raises, in our words; the rest keeps DRF's own code.
CODES: dict[type[exceptions.APIException], tuple[str, str]] = {
    exceptions.ParseError: ("parse_error", "Send a body that is valid for its Content-Type."),
    exceptions.NotAuthenticated: (
        "not_authenticated",
        "Send the header `Authorization: Bearer <token>`.",
    ),
    exceptions.AuthenticationFailed: (
        "authentication_failed",
        "Create a token with `manage.py create_token USER`.",
    ),
    exceptions.PermissionDenied: ("not_allowed", ""),
    exceptions.NotFound: ("not_found", ""),
    exceptions.MethodNotAllowed: ("method_not_allowed", "The Allow header names those that are."),
    exceptions.NotAcceptable: ("not_acceptable", ""),
    exceptions.UnsupportedMediaType: ("unsupported_media_type", ""),
    exceptions.Throttled: ("throttled", "Wait as long as the Retry-After header says."),
}

# For programs alone: people who answer in a form have no schema at hand.
HINTS = {"invalid_answer": "The answer's schema is at /api/v1/kinds/<kind>/."}


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Any error as `{"error": {"code", "message", "hint", "details"}}`; None for unknown ones."""
    if isinstance(error, Http404):
        error = NotFound("There is nothing at this address.")
    elif isinstance(error, PermissionDenied):
        error = NotAllowed("You may not do this.")
    if isinstance(error, TouchstoneError):
        set_rollback()
        body = error.as_json()
        body["hint"] = body["hint"] or HINTS.get(error.code, "")
        return Response({"error": body}, status=int(status_of(error)))
    response = drf_exception_handler(error, dict(context))
    if response is not None and isinstance(error, exceptions.APIException):
        response.data = {"error": _translated(error).as_json()}
    return response


def _translated(error: exceptions.APIException) -> TouchstoneError:
    if isinstance(error, exceptions.ValidationError):
        details = flat(error.detail)
        first = details[0] if details else {"where": "", "message": "The input does not fit."}
        where = f"{first['where']}: " if first["where"] else ""
        return InvalidInput(f"{where}{first['message']}", details=details)
    default = (str(getattr(error, "default_code", "error")), "")
    code, hint = CODES.get(type(error), default)
    return TouchstoneError(str(error.detail), code=code, hint=hint)


LINKS = ("projects", "jobs", "kinds", "recipes")


class ApiRoot(APIView):
    """Where to begin."""

    @extend_schema(
        operation_id="api_root",
        responses=inline_serializer(
            "ApiRoot", {name: serializers.URLField() for name in (*LINKS, "schema", "docs")}
        ),
    )
    def get(self, request: Request) -> Response:
        """Links to the lists that stand at the top, the schema and its page."""
        links = {name: reverse(f"api-{name}", request=request) for name in LINKS}
        for name in ("schema", "docs"):
            links[name] = reverse(f"api-{name}", request=request)
        return Response(links)


@extend_schema(exclude=True)
class NoSuchEndpoint(APIView):
    """Whatever else is asked for under /api/: the same error shape."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse every method alike."""
        raise NotFound(
            "There is no such endpoint.",
            code="unknown_endpoint",
            hint=f"See {reverse('api-docs', request=request)}.",
        )
