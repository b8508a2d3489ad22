"""What feedback's endpoints share: strict inputs, lists of a project, and rows stored one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

from django.db import transaction
from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from feedback.api.parsing import check_storable
from feedback.errors import InvalidInput, TouchstoneError
from feedback.models import Project, User
from feedback.permissions import Ability
from feedback.selectors import get_project

MOST_ROWS = 1000
LARGEST_ID = 2**63 - 1

ModelT = TypeVar("ModelT", bound=Model)


class Input(serializers.Serializer[Any]):
    """A body whose unknown fields are refused, so that a typing error is not lost."""

    def to_internal_value(self, data: Any) -> Any:
        """Check the names of the fields before their values."""
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            raise ValidationError({name: ["There is no such field."] for name in sorted(unknown)})
        return super().to_internal_value(data)


class IdField(serializers.IntegerField):
    """An id: what does not fit a key of the database is refused here."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **kwargs)


class TextField(serializers.CharField):
    """Text that is kept as received, blanks included."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "description": "The kind's name, with its default settings."},
            {
                "type": "object",
                "properties": {
                    "kind": {"type": "string"},
                    "version": {"type": "integer", "readOnly": True},
                    "settings": {"type": "object", "additionalProperties": True},
                },
                "required": ["kind"],
            },
        ]
    }
)
class AskedKindField(serializers.Field[Any, Any, Any, Any]):
    """A kind that is asked, by name or with its settings."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The long form; whether such a kind exists is for the services to say."""
        asked = {"kind": data} if isinstance(data, str) else data
        if not isinstance(asked, Mapping) or not isinstance(asked.get("kind"), str):
            raise ValidationError('Give the kind\'s name, or {"kind": ..., "settings": {...}}.')
        if not isinstance(asked.get("settings", {}), Mapping):
            raise ValidationError("The settings of a kind are an object.")
        if set(asked) - {"kind", "settings", "version"}:
            raise ValidationError("A kind that is asked has only a name and settings.")
        return {"kind": asked["kind"], "settings": asked.get("settings", {})}

    def to_representation(self, value: Any) -> Any:
        """As it is stored."""
        return value


class KindsField(serializers.ListField):
    """The kinds that are asked, at least one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=AskedKindField(), allow_empty=False, max_length=20, **kwargs)


class ProjectList(ListModelMixin, GenericAPIView[ModelT]):
    """A list of one project's rows, in pages, for those with the ability to see it."""

    ability: ClassVar[Ability] = Ability.VIEW

    def project(self, ability: Ability) -> Project:
        """The project of the address; raises NotFound, NotAllowed."""
        return get_project(self.request.user, self.kwargs["slug"], ability)

    def rows(self, project: Project) -> QuerySet[ModelT]:
        """What is listed."""
        raise NotImplementedError

    def asked(self, name: str) -> str | None:
        """A text of the query, if it is there. Raises DRF's ValidationError."""
        value = self.request.query_params.get(name)
        return None if value is None else TextField(allow_blank=True).run_validation(value)

    def get_queryset(self) -> QuerySet[ModelT]:
        """The project's rows; none while the schema is drawn, as there is no project then."""
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset().none()
        return self.rows(self.project(self.ability))


def user_of(request: Request) -> User:
    """Who asks; every endpoint that needs somebody refuses nobody before this."""
    return cast("User", request.user)


def parsed(
    serializer: type[serializers.Serializer[Any]], data: Any, *, partial: bool = False
) -> Any:
    """The validated body. Raises DRF's ValidationError."""
    return _kept(serializer, partial=partial).run_validation(data)


def told(serializer: Callable[..., serializers.BaseSerializer[Any]], value: Any) -> dict[str, Any]:
    """What is told of a value, by a serializer that needs no context."""
    body: dict[str, Any] = _kept(serializer).to_representation(value)
    return body


@cache
def _kept(serializer: Callable[..., Any], *, partial: bool = False) -> Any:
    """One for all requests: making its fields takes longer than using them, and it keeps nothing of what it reads."""
    return serializer(partial=partial)


Stored = tuple[bool, Mapping[str, Any]]  # whether it is new, and what is told of it


def store_rows(request: Request, store: Callable[[Any], Stored]) -> Response:
    """Store the one row of the body, or each of a list by itself.

    One row: 201 when it is new, 200 when it was there, else its error. A list: 200 with an outcome for each row.
    """
    if not isinstance(request.data, list):
        with transaction.atomic():
            new, body = store(request.data)
        return Response(body, status=201 if new else 200)
    if not 1 <= len(request.data) <= MOST_ROWS:
        raise InvalidInput(
            f"A list has 1 to {MOST_ROWS} rows, and this one has {len(request.data)}.",
            code="wrong_number_of_rows",
            hint="Send several requests, or import a file.",
        )
    results = [_outcome(n, row, store) for n, row in enumerate(request.data)]
    statuses = [result["status"] for result in results]
    counts = {name: statuses.count(name) for name in ("created", "same", "refused")}
    return Response({**counts, "results": results})


def _outcome(number: int, row: Any, store: Callable[[Any], Stored]) -> dict[str, Any]:
    try:
        check_storable(row)
        with transaction.atomic():
            new, body = store(row)
    except (TouchstoneError, ValidationError) as error:
        return {"row": number, "status": "refused", "id": None, "error": _reason(error)}
    status = "created" if new else "same"
    return {"row": number, "status": status, "id": body["id"], "error": None}


def _reason(error: TouchstoneError | ValidationError) -> dict[str, Any]:
    if isinstance(error, TouchstoneError):
        return error.as_json()
    return InvalidInput("The row does not fit.", details=flat(error.detail)).as_json()


def flat(detail: Any, where: str = "") -> list[dict[str, Any]]:
    """DRF's nested complaints as a flat list of places, `messages.0.role` for example."""
    if isinstance(detail, Mapping):
        parts = [("" if key == "non_field_errors" else str(key), v) for key, v in detail.items()]
    elif isinstance(detail, list):
        parts = [("" if isinstance(v, str) else str(n), v) for n, v in enumerate(detail)]
    else:
        code = str(getattr(detail, "code", "invalid"))
        return [{"where": where, "code": code, "message": str(detail)}]
    return [
        place
        for part, value in parts
        for place in flat(value, ".".join(piece for piece in (where, part) if piece))
    ]
