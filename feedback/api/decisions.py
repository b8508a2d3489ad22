"""Review over REST: the items in dispute with their answers, and the decisions on them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.base import LARGEST_ID, IdField, Input, parsed, user_of
from feedback.api.judgments import JudgmentOut
from feedback.models import Decision, Item, Judgment, Project, User
from feedback.permissions import Ability
from feedback.selectors import get_item, get_project, items_of, names_shown
from feedback.selectors.decisions import decisions_on, is_anew
from feedback.selectors.disputes import Disputed, disputed
from feedback.services.decisions import ask_one_more, decide, decide_anew, undecide


class DisputesIn(Input):
    """Which page of the disputes."""

    after = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=LARGEST_ID,
        help_text="The `after` that the page before ended with.",
    )


class DecisionOut(serializers.ModelSerializer[Decision]):
    """The one authoritative answer to one kind of an item."""

    reviewer = serializers.CharField(
        source="reviewer.username", default=None, allow_null=True, help_text="Who decided."
    )
    anew = serializers.SerializerMethodField(
        help_text="Whether the reviewer answered anew, in place of choosing one of the answers."
    )
    kind = serializers.CharField()
    judgment = JudgmentOut()

    class Meta:
        model = Decision
        fields = ("item", "kind", "reviewer", "anew", "judgment", "created")

    def get_anew(self, decision: Decision) -> bool:
        """Such an answer is among no item's judgments."""
        return is_anew(decision)


class DisputedOut(serializers.Serializer[Any]):
    """An item and a kind about which people disagree."""

    item = serializers.IntegerField(source="item.pk")
    kind = serializers.CharField()
    share = serializers.FloatField(help_text="The commonest answer's share of people's answers.")
    votes = serializers.IntegerField(help_text="How many people's answers were counted.")
    answers = serializers.SerializerMethodField(
        help_text="All answers to the kind; null where the item is blind to who asks."
    )

    @extend_schema_field(JudgmentOut(many=True, allow_null=True))
    def get_answers(self, row: Disputed) -> Any:
        """As `items/<id>/judgments/` tells them."""
        found: dict[int, list[Judgment] | None] = self.context["answers"]
        answers = found.get(row.item.pk)
        if answers is None:
            return None
        return JudgmentOut([one for one in answers if one.kind == row.kind], many=True).data


class DisputesOut(serializers.Serializer[Any]):
    """A page of the review queue."""

    report = serializers.DateTimeField(
        allow_null=True,
        help_text="When the quality report was made that the order comes from; null: from the answers, newest first.",
    )
    after = serializers.IntegerField(
        allow_null=True, help_text="Ask for the next page with it; null on the last one."
    )
    results = DisputedOut(many=True)


class Review(APIView):
    """What people disagree on."""

    @extend_schema(operation_id="review_list", parameters=[DisputesIn], responses=DisputesOut)
    def get(self, request: Request, slug: str) -> Response:
        """The undecided items in dispute, at most fifty at a time, with all answers."""
        project = get_project(request.user, slug, Ability.REVIEW)
        asked = parsed(DisputesIn, request.query_params.dict())
        found = disputed(project, asked.get("after"))
        body = {
            "report": found.report and found.report.created,
            "after": found.after,
            "results": found.rows,
        }
        pks = {row.item.pk for row in found.rows}
        context = {"answers": _answers(project, pks, user_of(request))}
        return Response(DisputesOut(body, context=context).data)


class DecisionIn(Input):
    """For one of the answers, or anew; one of the two."""

    judgment = IdField(required=False, help_text="An answer to this kind of the item.")
    answer = serializers.DictField(
        required=False, help_text="The reviewer's own answer, as the kind reads answers."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one."""
        if len(attrs) != 1:
            raise ValidationError("Give a judgment, or an answer.")
        return attrs


class Decisions(APIView):
    """The decisions on an item."""

    @extend_schema(operation_id="decisions_list", responses=DecisionOut(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """Those that stand, by kind; none while the item is blind to who asks."""
        item = _item(request, pk)
        standing = list(decisions_on(item)) if names_shown(item, user_of(request)) else []
        return Response(DecisionOut(standing, many=True).data)


class DecisionDetail(APIView):
    """The decision on one kind of an item."""

    @extend_schema(operation_id="decisions_update", request=DecisionIn, responses=DecisionOut)
    def put(self, request: Request, pk: int, kind: str) -> Response:
        """Decide for an answer, or with an answer of one's own, in place of an earlier decision."""
        item, said = _item(request, pk), parsed(DecisionIn, request.data)
        if "answer" in said:
            decision = decide_anew(item, kind, said["answer"], user_of(request))
        else:
            decision = decide(item, said["judgment"], user_of(request), kind)
        return Response(DecisionOut(decisions_on(item).get(pk=decision.pk)).data)

    @extend_schema(operation_id="decisions_delete", responses={204: None})
    def delete(self, request: Request, pk: int, kind: str) -> Response:
        """Take the decision back; without one nothing happens."""
        undecide(_item(request, pk), kind)
        return Response(status=204)


class OneMore(APIView):
    """One more person for an item."""

    @extend_schema(operation_id="items_one_more", request=None, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """Have one more person asked."""
        ask_one_more(_item(request, pk))
        return Response(status=204)


def _item(request: Request, pk: int) -> Item:
    return get_item(request.user, min(pk, LARGEST_ID), Ability.REVIEW)


def _answers(project: Project, pks: set[int], user: User) -> dict[int, list[Judgment] | None]:
    """All answers to each item; None where it is blind to the user."""
    items = items_of(project).select_related("project").filter(pk__in=pks)
    judgments = {
        one.pk: one
        for one in Judgment.objects.filter(item__in=pks).select_related("annotator", "submission")
    }
    return {
        item.pk: [judgments[one.pk] for one in item.judgments.all()]
        if names_shown(item, user)
        else None
        for item in items
    }
