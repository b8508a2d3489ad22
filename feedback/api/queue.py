"""Whom the queue asks, over REST: groups of people, and items with known answers."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback import services
from feedback.api.base import LARGEST_ID, IdField, Input, ProjectList, TextField, parsed
from feedback.errors import NotFound
from feedback.models import Annotator, AnnotatorGroup, Project
from feedback.permissions import Ability
from feedback.selectors import get_item, get_project
from feedback.selectors.annotators import get_group


class GroupIn(Input):
    """A group: its name and its members, all of them."""

    name = TextField(max_length=100)
    annotators = serializers.ListField(child=IdField(), required=False, default=list)


class GroupOut(serializers.ModelSerializer[AnnotatorGroup]):
    """A group of annotators to whom items can be restricted."""

    class Meta:
        model = AnnotatorGroup
        fields = ("id", "name", "annotators", "created")


class Groups(ProjectList[AnnotatorGroup]):
    """The groups of a project's annotators."""

    queryset = AnnotatorGroup.objects.none()
    serializer_class = GroupOut

    def rows(self, project: Project) -> QuerySet[AnnotatorGroup]:
        """All groups with their members."""
        return AnnotatorGroup.objects.filter(project=project).prefetch_related("annotators")

    @extend_schema(operation_id="groups_list")
    def get(self, request: Request, slug: str) -> Response:
        """The groups and the ids of their members."""
        return self.list(request)

    @extend_schema(operation_id="groups_create", request=GroupIn, responses={201: GroupOut})
    def post(self, request: Request, slug: str) -> Response:
        """A new group."""
        project = self.project(Ability.MANAGE)
        said = parsed(GroupIn, request.data)
        group = services.save_group(project, said["name"], _members(project, said["annotators"]))
        return Response(GroupOut(group).data, status=201)


class Group(APIView):
    """One group."""

    @extend_schema(operation_id="groups_update", request=GroupIn, responses=GroupOut)
    def put(self, request: Request, slug: str, pk: int) -> Response:
        """Another name, and other members in place of those before."""
        project = get_project(request.user, slug, Ability.MANAGE)
        group = get_group(project, min(pk, LARGEST_ID))
        said = parsed(GroupIn, request.data)
        members = _members(project, said["annotators"])
        return Response(GroupOut(services.save_group(project, said["name"], members, group)).data)

    @extend_schema(operation_id="groups_delete", responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Refused while items are restricted to it."""
        project = get_project(request.user, slug, Ability.MANAGE)
        services.delete_group(get_group(project, min(pk, LARGEST_ID)))
        return Response(status=204)


class GoldIn(Input):
    """The known answers of an item, by kind, and why they are right."""

    answers = serializers.DictField(child=serializers.DictField())
    explanation = TextField(required=False, allow_blank=True, default="", max_length=10_000)


class ItemGold(APIView):
    """An item with known answers: it tests people, and is no evidence."""

    @extend_schema(operation_id="items_gold_retrieve", responses=GoldIn)
    def get(self, request: Request, pk: int) -> Response:
        """The known answers; 404 `not_gold` for an ordinary item."""
        item = get_item(request.user, min(pk, LARGEST_ID), Ability.MANAGE)
        if item.gold is None:
            raise NotFound("This item has no known answer.", code="not_gold")
        return Response(item.gold)

    @extend_schema(operation_id="items_gold", request=GoldIn, responses=GoldIn)
    def put(self, request: Request, pk: int) -> Response:
        """Make the item gold, or change its answers; what was answered before is not marked anew."""
        item = get_item(request.user, pk, Ability.MANAGE)
        said = parsed(GoldIn, request.data)
        return Response(services.mark_gold(item, said["answers"], said["explanation"]).gold)

    @extend_schema(operation_id="items_gold_remove", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Make it an ordinary item again: answers that people gave to it count."""
        services.unmark_gold(get_item(request.user, pk, Ability.MANAGE))
        return Response(status=204)


def _members(project: Project, pks: list[int]) -> list[Annotator]:
    found = Annotator.objects.filter(project=project).in_bulk(pks)
    missing = [pk for pk in pks if pk not in found]
    if missing:
        raise NotFound(f"There is no annotator {missing[0]} here.", code="unknown_annotator")
    return list(found.values())
