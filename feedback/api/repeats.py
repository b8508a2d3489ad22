"""Repeated items over REST: the same question once more."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.items import ItemOut
from feedback.permissions import Ability
from feedback.selectors import get_item, item_detail
from feedback.services.repeats import repeat_item


class ItemRepeat(APIView):
    """An item that asks the same as another one, to see whether people answer as before."""

    @extend_schema(operation_id="items_repeat", request=None, responses={201: ItemOut})
    def post(self, request: Request, pk: int) -> Response:
        """Make one; its `id` is new, and its answers are compared with those to the first."""
        item = get_item(request.user, pk, Ability.MANAGE)
        again = item_detail(item.project, repeat_item(item).pk)
        shown = ItemOut(again, context={"user": request.user, "view": True})
        return Response(shown.data, status=status.HTTP_201_CREATED)
