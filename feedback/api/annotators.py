"""Annotators over REST: how they stand; pauses, exams, and items given back."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback import services
from feedback.api.base import LARGEST_ID, Input, ProjectList, TextField, parsed
from feedback.assignment import release_all
from feedback.models import Annotator, Project
from feedback.permissions import Ability
from feedback.selectors import get_project
from feedback.selectors.annotators import Person, get_annotator, people_of, persons


class GoldStandingOut(serializers.Serializer[Any]):
    """Answers to gold since the last pause, and where the test stands."""

    right = serializers.IntegerField()
    wrong = serializers.IntegerField()
    mean = serializers.FloatField(help_text="The expected share of right answers.")
    low = serializers.FloatField(help_text="The lower end of its 95 % interval.")
    high = serializers.FloatField()
    evidence = serializers.FloatField(
        help_text="Log likelihood ratio of a bad annotator against a good one; paused from 2.94."
    )
    verdict = serializers.CharField(help_text="good, open, warned or paused.")


class AnnotatorOut(serializers.Serializer[Any]):
    """A person who judges, with what was done and how it stands."""

    id = serializers.IntegerField(source="annotator.pk")
    user = serializers.CharField(
        source="annotator.user.username",
        allow_null=True,
        help_text="Null for who has no account here: erased, or a viewer of another application.",
    )
    name = serializers.CharField(source="annotator", help_text="As the pages call the person.")
    groups = serializers.SerializerMethodField()
    answered = serializers.IntegerField(help_text="Items answered, gold too.")
    held = serializers.IntegerField(help_text="Items under an open lease.")
    standing = GoldStandingOut()
    paused_at = serializers.DateTimeField(source="annotator.paused_at", allow_null=True)
    pause_reason = serializers.CharField(source="annotator.pause_reason")
    exam_passed_at = serializers.DateTimeField(source="annotator.exam_passed_at", allow_null=True)
    created = serializers.DateTimeField(source="annotator.created")

    def get_groups(self, person: Person) -> list[str]:
        """The names of the groups that the person is in."""
        return [group.name for group in person.annotator.groups.all()]


class Annotators(ProjectList[Annotator]):
    """The people who judge in a project."""

    queryset = Annotator.objects.none()
    serializer_class = AnnotatorOut

    def rows(self, project: Project) -> QuerySet[Annotator]:
        """All who were ever given an item, or asked for one."""
        return people_of(project)

    @extend_schema(operation_id="annotators_list")
    def get(self, request: Request, slug: str) -> Response:
        """Each with counts and the standing on gold."""
        page = self.paginate_queryset(self.get_queryset()) or ()
        return self.get_paginated_response(AnnotatorOut(persons(page), many=True).data)


class AnnotatorIn(Input):
    """What the owner decides about a person; what is left out stays."""

    paused = serializers.BooleanField(required=False)
    reason = TextField(
        required=False, allow_blank=True, max_length=2000, help_text="Of a pause, with `paused`."
    )
    exam_passed = serializers.BooleanField(
        required=False, help_text="True lets a person work who has not passed the exam."
    )

    def validate_exam_passed(self, value: bool) -> bool:
        """An exam that was passed stays so."""
        if not value:
            raise serializers.ValidationError("Only true can be said.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A reason of nothing would be lost."""
        if attrs.get("reason") and attrs.get("paused") is not True:
            raise serializers.ValidationError({"reason": ["A reason comes with `paused`: true."]})
        return attrs


class AnnotatorDetail(APIView):
    """One person who judges."""

    @extend_schema(operation_id="annotators_update", request=AnnotatorIn, responses=AnnotatorOut)
    def patch(self, request: Request, slug: str, pk: int) -> Response:
        """Pause with a reason, resume, or let pass the exam."""
        project = get_project(request.user, slug, Ability.MANAGE)
        annotator = get_annotator(project, min(pk, LARGEST_ID))
        said = parsed(AnnotatorIn, request.data)
        if said.get("paused") is True:
            services.pause_annotator(annotator, said.get("reason", ""))
        elif said.get("paused") is False:
            services.resume_annotator(annotator)
        if said.get("exam_passed"):
            services.pass_exam(annotator)
        return Response(AnnotatorOut(persons([get_annotator(project, annotator.pk)])[0]).data)


class ReturnedOut(serializers.Serializer[Any]):
    """How many items went back."""

    returned = serializers.IntegerField()


class ReturnItems(APIView):
    """Gives what a person holds back to the pool."""

    @extend_schema(operation_id="annotators_return", request=None, responses=ReturnedOut)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """End the person's open leases."""
        project = get_project(request.user, slug, Ability.MANAGE)
        returned = release_all(get_annotator(project, min(pk, LARGEST_ID)))
        return Response({"returned": returned})
