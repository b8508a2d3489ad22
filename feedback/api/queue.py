"""The queue over REST: its settings, groups of people, and items with known answers."""

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
from feedback.ordering.base import OrderName
from feedback.permissions import Ability
from feedback.selectors import get_item, get_project
from feedback.selectors.annotators import get_group

ORDERS = OrderName.__args__  # type: ignore[attr-defined]


class ExamField(Input):
    """Gold items to be passed before real work."""

    items = serializers.IntegerField(min_value=1, max_value=200)
    share = serializers.FloatField(required=False, default=0.8, min_value=0, max_value=1)


class QueueIn(Input):
    """The whole of the queue's settings; what is left out has its default."""

    order = serializers.ChoiceField(choices=ORDERS, required=False)
    gold_rate = serializers.FloatField(required=False, min_value=0, max_value=0.5)
    repeat_rate = serializers.FloatField(required=False, min_value=0, max_value=0.2)
    daily_quota = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=100_000
    )
    ceiling = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=100)
    exam = ExamField(required=False, allow_null=True)


class Queue(APIView):
    """Who is asked what in a project, and when."""

    @extend_schema(operation_id="queue_retrieve", responses=QueueIn)
    def get(self, request: Request, slug: str) -> Response:
        """The settings, with the defaults of what was never set."""
        project = get_project(request.user, slug, Ability.VIEW)
        return Response(services.queue_settings(project).model_dump(mode="json"))

    @extend_schema(operation_id="queue_update", request=QueueIn, responses=QueueIn)
    def put(self, request: Request, slug: str) -> Response:
        """Replace the settings. Another order holds for what is there once it was worked out: `queue/order/`."""
        project = get_project(request.user, slug, Ability.MANAGE)
        said = services.update_queue(project, parsed(QueueIn, request.data))
        return Response(said.model_dump(mode="json"))


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
