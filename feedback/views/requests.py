"""What feedback's pages share: the request of somebody who is logged in, numbers in it, and paging."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from feedback.errors import InvalidInput
from feedback.models import User

PAGE_SIZE = 50
MOST_DIGITS = 18  # of an id in a query string: more would not fit the database's integers


class MemberRequest(HttpRequest):
    """A request behind `login_required`."""

    user: User
    htmx: HtmxDetails


RowT = TypeVar("RowT", bound=models.Model)
NumberT = TypeVar("NumberT", int, float)


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """Some rows, newest first, and where the older ones begin."""

    rows: Sequence[RowT]
    older: int | None


def page_of(request: HttpRequest, rows: QuerySet[RowT], size: int = PAGE_SIZE) -> Page[RowT]:
    """The rows before `?before=<id>`; its cost does not grow with the number of pages."""
    before = parse_id(request.GET.get("before"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: size + 1])
    older = found[size - 1].pk if len(found) > size else None
    return Page(found[:size], older)


def parse_id(text: str | None) -> int | None:
    """An id from a query string or a form; None for what is not one."""
    if text and text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS:
        return int(text)
    return None


def number(request: MemberRequest, name: str, read: Callable[[str], NumberT]) -> NumberT | None:
    """A number that the form may send. Raises InvalidInput `invalid_<name>` for what is none."""
    text = request.POST.get(name, "")
    try:
        return read(text) if text else None
    except ValueError:
        what = name.replace("_", " ")
        raise InvalidInput(f"The {what} is not a number.", code=f"invalid_{name}") from None
