"""Pages of lists, by a cursor that stays right while rows are added."""

from __future__ import annotations

import re

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor
from rest_framework.pagination import CursorPagination as DrfCursorPagination
from rest_framework.request import Request


class CursorPagination(DrfCursorPagination):
    """Pages of lists, newest first: follow `next` until it is null; `?page_size=` up to 1000."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 1000

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Refuse a made-up cursor as one that does not exist."""
        cursor = super().decode_cursor(request)
        position = None if cursor is None else cursor.position
        if position is not None and not re.fullmatch("[0-9]{1,18}", str(position)):
            raise NotFound(self.invalid_cursor_message)
        return cursor
