"""Judgments: submitted through the one door, and listed."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.base import (
    LARGEST_ID,
    IdField,
    Input,
    ProjectList,
    TextField,
    parsed,
    told,
    user_of,
)
from feedback.api.judging import AssignmentOut
from feedback.api.schemas import answers_schema
from feedback.models import Judgment, Project, Submission
from feedback.permissions import Ability
from feedback.prepared import remember
from feedback.selectors import get_item, get_submission, given_judgments, shown_to, side_of
from feedback.services import (
    NewSubmission,
    annotator_on,
    submit_judgment,
    withdraw_submission,
)


@extend_schema_field(answers_schema())
class AnswersField(serializers.DictField):
    """The answer to each kind; the kinds themselves check what is in them."""

    child = serializers.DictField()


class SubmissionIn(Input):
    """One annotator's answers to all kinds of an item, under a lease or in the place of earlier ones."""

    assignment = IdField(
        required=False, help_text="The annotator's own live lease, from `next/`; or else `amends`."
    )
    amends = IdField(
        required=False,
        help_text="The annotator's own submission that this one replaces, within its time of grace.",
    )
    key = TextField(
        max_length=100, help_text="The client's own; a repeat of key and body is harmless."
    )
    answers = AnswersField()
    lead_time = serializers.FloatField(
        required=False, allow_null=True, help_text="Seconds spent, idle ones left out."
    )
    edits = serializers.IntegerField(
        required=False, allow_null=True, help_text="How often a choice or text was changed."
    )
    client = TextField(
        required=False, allow_blank=True, default="", help_text="Program and version."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of the two rights to answer."""
        if ("assignment" in attrs) == ("amends" in attrs):
            raise ValidationError({"assignment": ["Give the assignment, or what is amended."]})
        return attrs


class JudgmentOut(serializers.ModelSerializer[Judgment]):
    """One stored answer to one kind of one item."""

    annotator = serializers.CharField(source="annotator.pseudonym")
    source = serializers.CharField(source="annotator.source")  # type: ignore[assignment]  # a field may have this name
    answer = serializers.DictField()
    outcome = serializers.DictField(help_text="What the kind worked out when it was stored.")
    order = serializers.ListField(
        child=serializers.IntegerField(),
        source="submission.order",
        allow_null=True,
        help_text="Stored indices in the order shown; null where nothing was shown.",
    )
    side = serializers.SerializerMethodField(
        help_text="Where the preferred completion was shown, from 1."
    )
    lead_time = serializers.FloatField(source="submission.lead_time", allow_null=True)
    edits = serializers.IntegerField(source="submission.edits", allow_null=True)
    client = serializers.CharField(source="submission.client")

    class Meta:
        model = Judgment
        fields = (
            "id",
            "item",
            "submission",
            "kind",
            "kind_version",
            "answer",
            "outcome",
            "annotator",
            "source",
            "order",
            "side",
            "lead_time",
            "edits",
            "client",
            "created",
        )

    def get_side(self, judgment: Judgment) -> int | None:
        """Null for a tie, and for kinds that prefer none."""
        return side_of(judgment)


class GoldResultOut(serializers.Serializer[Any]):
    """How an answer compares with the known one."""

    right = serializers.BooleanField(source="gold_right")
    expected = AnswersField(source="item.gold.answers", help_text="The known answer to each kind.")
    explanation = serializers.CharField(source="item.gold.explanation")


class SubmissionOut(serializers.ModelSerializer[Submission]):
    """What was stored, the first time or now."""

    judgments = serializers.SerializerMethodField()
    gold = serializers.SerializerMethodField(
        help_text="How it went where the answer is known, which is told after answering; else null."
    )

    class Meta:
        model = Submission
        fields = (
            "id",
            "item",
            "assignment",
            "amends",
            "key",
            "judgments",
            "gold",
            "order",
            "lead_time",
            "edits",
            "client",
            "created",
        )

    @extend_schema_field(JudgmentOut(many=True))
    def get_judgments(self, submission: Submission) -> Any:
        """They come with the submission, or are read."""
        return [told(JudgmentOut, judgment) for judgment in submission.judgments.all()]

    @extend_schema_field(GoldResultOut(allow_null=True))
    def get_gold(self, submission: Submission) -> Any:
        """Null, too, once the item is no gold any more."""
        if submission.gold_right is None or submission.item.gold is None:
            return None
        return told(GoldResultOut, submission)


class ItemJudgments(ListModelMixin, GenericAPIView[Judgment]):
    """The judgments of one item."""

    queryset = Judgment.objects.none()
    serializer_class = JudgmentOut

    def get_queryset(self) -> QuerySet[Judgment]:
        """Those that count."""
        if getattr(self, "swagger_fake_view", False):
            return Judgment.objects.none()
        item = get_item(self.request.user, self.kwargs["pk"], Ability.VIEW)
        return _listed(self.request).filter(item=item)

    @extend_schema(operation_id="item_judgments_list")
    def get(self, request: Request, pk: int) -> Response:
        """The item's judgments, newest first; none while the item is blind to who asks."""
        return self.list(request)

    @extend_schema(
        operation_id="judgments_submit",
        request=SubmissionIn,
        responses={201: SubmissionOut, 200: SubmissionOut},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Submit answers: 201 stored, 200 stored before under this key; another body for the key is 409."""
        annotator = annotator_on(user_of(request), min(pk, LARGEST_ID))
        fields = parsed(SubmissionIn, request.data)
        new = NewSubmission(
            item_id=pk,
            annotator=annotator,
            answers=fields["answers"],
            key=fields["key"],
            assignment_id=fields.get("assignment"),
            amends=fields.get("amends"),
            lead_time=fields.get("lead_time"),
            edits=fields.get("edits"),
            client=fields["client"],
        )
        outcome = submit_judgment(new)
        assert outcome.submission is not None  # noqa: S101 refusals were raised
        if outcome.status == "created":
            remember(outcome.submission, "judgments", outcome.judgments)
        status = 201 if outcome.status == "created" else 200
        return Response(told(SubmissionOut, outcome.submission), status=status)


class UndoSubmission(APIView):
    """Takes an answer back within its time of grace."""

    @extend_schema(operation_id="submissions_undo", request=None, responses=AssignmentOut)
    def post(self, request: Request, pk: int) -> Response:
        """Its judgments no longer count; the item is the annotator's again, under the lease returned."""
        submission = get_submission(request.user, pk)
        lease = withdraw_submission(submission.annotator, submission.pk, submission.item_id)
        return Response(AssignmentOut(lease).data)


class ProjectJudgments(ProjectList[Judgment]):
    """The judgments of a project."""

    queryset = Judgment.objects.none()
    serializer_class = JudgmentOut

    def rows(self, project: Project) -> QuerySet[Judgment]:
        """Those that count."""
        return _listed(self.request).filter(project=project)

    @extend_schema(operation_id="judgments_list")
    def get(self, request: Request, slug: str) -> Response:
        """The project's judgments, newest first, without those about items that are blind to who asks."""
        return self.list(request)


def _listed(request: Request) -> QuerySet[Judgment]:
    """Without those about items that are blind to who asks still."""
    given = given_judgments().select_related("annotator", "submission")
    return shown_to(given, user_of(request))
