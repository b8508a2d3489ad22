"""Items: listed, read, and added with their prompt and completions."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback import services
from feedback.api.base import (
    IdField,
    Input,
    KindsField,
    ProjectList,
    Stored,
    TextField,
    parsed,
    store_rows,
)
from feedback.api.completions import CompletionField, ItemCompletionOut
from feedback.api.prompts import MessageField, PromptOut, RowsOut, messages_of, one_or_many
from feedback.errors import InvalidInput, NotFound
from feedback.models import Completion, Item, Project, Prompt
from feedback.permissions import Ability, abilities
from feedback.selectors import get_item, item_detail, items_of, names_shown
from feedback.selectors.annotators import get_annotator, get_group
from feedback.services.checks import LONGEST


class ForWhomIn(Input):
    """Whom an item is for, and how soon; what is left out stays."""

    group = IdField(
        required=False, allow_null=True, help_text="Only this group's members; null: everybody."
    )
    only_for = IdField(
        required=False, allow_null=True, help_text="Only this annotator; null: everybody."
    )
    priority = serializers.IntegerField(
        required=False,
        min_value=-1000,
        max_value=1000,
        help_text="Higher comes first where the queue goes by priority; 0 by default.",
    )


class ItemIn(ForWhomIn):
    """A question: a prompt (`messages`, `prompt` or `prompt_id`), its completions, and what is asked."""

    messages = MessageField(many=True, required=False)
    prompt = TextField(required=False, max_length=LONGEST)
    prompt_id = IdField(required=False, help_text="A stored prompt.")
    completions = serializers.ListField(
        child=CompletionField(),
        required=False,
        default=list,
        max_length=100,
        help_text="In stored order: all new, or all ids; none where the kinds need none.",
    )
    kinds = KindsField(required=False, help_text="The project's kinds by default.")
    external_id = TextField(required=False, allow_null=True, max_length=200)
    tags = serializers.ListField(child=TextField(max_length=200), required=False, max_length=100)
    overlap = serializers.IntegerField(required=False, min_value=1, max_value=100)
    blind = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Completions all of one sort; exactly one prompt, but ids have theirs already."""
        sorts = {isinstance(completion, int) for completion in attrs["completions"]}
        if len(sorts) > 1:
            raise ValidationError("Give either new completions or ids, not both.")
        said = {"messages", "prompt", "prompt_id"} & set(attrs)
        if sorts == {True} and not said <= {"prompt_id"}:
            raise ValidationError("Completions by id have their prompt already.")
        if sorts != {True} and len(said) != 1:
            raise ValidationError("Give one of messages, prompt and prompt_id.")
        return attrs


class ItemOut(serializers.ModelSerializer[Item]):
    """An item with its prompt and its completions in stored order."""

    prompt = PromptOut()
    completions = serializers.SerializerMethodField()
    kinds = KindsField()

    class Meta:
        model = Item
        fields = (
            "id",
            "external_id",
            "prompt",
            "completions",
            "kinds",
            "overlap",
            "places",
            "priority",
            "group",
            "only_for",
            "blind",
            "created",
        )

    @extend_schema_field(ItemCompletionOut(many=True))
    def get_completions(self, item: Item) -> Any:
        """The completions, named only where the user may know."""
        names = self.context["view"] and names_shown(item, self.context["user"])
        slots = item.slots.all()
        context = {"names": names, "project": item.project}
        return ItemCompletionOut(slots, many=True, context=context).data


class Items(ProjectList[Item]):
    """The items of a project."""

    queryset = Item.objects.none()
    serializer_class = ItemOut

    def rows(self, project: Project) -> QuerySet[Item]:
        """Those that are not withdrawn."""
        items = items_of(project).select_related("project")
        wanted = self.asked("external_id")
        return items if wanted is None else items.filter(external_id=wanted)

    def get_serializer_context(self) -> dict[str, Any]:
        """Who asks; the list is for those who may see."""
        return {"user": self.request.user, "view": True}

    @extend_schema(operation_id="items_list", parameters=[OpenApiParameter("external_id", str)])
    def get(self, request: Request, slug: str) -> Response:
        """The project's items, newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="items_create",
        request=one_or_many("ItemsIn", ItemIn),
        responses={200: one_or_many("ItemsOut", ItemOut, many_of=RowsOut), 201: ItemOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Add one item, or a list in which every row is stored or refused by itself."""
        project = self.project(Ability.MANAGE)
        return store_rows(request, lambda row: _store(project, request, row))


class ItemDetail(APIView):
    """One item."""

    @extend_schema(operation_id="items_retrieve", responses=ItemOut)
    def get(self, request: Request, pk: int) -> Response:
        """The item; what wrote its completions only for those who may know."""
        project = get_item(request.user, pk, Ability.VIEW).project
        item = item_detail(project, pk)
        view = Ability.VIEW in abilities(request.user, project)
        return Response(ItemOut(item, context={"user": request.user, "view": view}).data)

    @extend_schema(operation_id="items_update", request=ForWhomIn, responses=ItemOut)
    def patch(self, request: Request, pk: int) -> Response:
        """Change whom the item is for and its priority; who holds it keeps it."""
        item = get_item(request.user, pk, Ability.MANAGE)
        services.change_item(item, _for_whom(item.project, parsed(ForWhomIn, request.data)))
        shown = item_detail(item.project, pk)
        return Response(ItemOut(shown, context={"user": request.user, "view": True}).data)


def _for_whom(project: Project, fields: dict[str, Any]) -> dict[str, Any]:
    """What `change_item` takes, of the fields that were said."""
    said: dict[str, Any] = {
        name: fields[name] for name in ("group", "only_for", "priority") if name in fields
    }
    if said.get("group") is not None:
        said["group"] = get_group(project, said["group"])
    if said.get("only_for") is not None:
        said["only_for"] = get_annotator(project, said["only_for"])
    return said


def _store(project: Project, request: Request, row: Any) -> Stored:
    fields = parsed(ItemIn, row)
    kinds = fields.get("kinds", project.kinds)
    by_id = bool(fields["completions"]) and isinstance(fields["completions"][0], int)
    item, new = (_about_stored if by_id else _with_content)(project, fields, kinds)
    changes = _for_whom(project, fields)
    if new and changes:
        services.change_item(item, changes)
    shown = item_detail(project, item.pk)
    return new, ItemOut(shown, context={"user": request.user, "view": True}).data


def _with_content(project: Project, fields: dict[str, Any], kinds: Any) -> tuple[Item, bool]:
    prompt = _prompt(project, fields["prompt_id"]) if "prompt_id" in fields else None
    new = services.NewItem(
        messages=prompt.messages if prompt else messages_of(fields),
        prompt_id=prompt.external_id if prompt else None,
        completions=[
            services.NewCompletion(
                c["text"], {"label": c["label"]} if c["label"] else {}, c["media"]
            )
            for c in fields["completions"]
        ],
        kinds=kinds,
        item_id=fields.get("external_id"),
        tags=fields.get("tags", ()),
    )
    options = {"overlap": fields.get("overlap"), "blind": fields["blind"]}
    (outcome,) = services.add_items(project, [new], **options)
    if outcome.error is not None:
        raise outcome.error
    assert outcome.item is not None  # noqa: S101 something was asked
    return outcome.item, outcome.status == "created"


def _about_stored(project: Project, fields: dict[str, Any], kinds: Any) -> tuple[Item, bool]:
    pks = fields["completions"]
    of_project = Completion.objects.filter(prompt__project=project)
    found = of_project.select_related("prompt__project").in_bulk(pks)
    missing = [pk for pk in pks if pk not in found]
    if missing:
        raise NotFound(f"There is no completion {missing[0]} here.", code="unknown_completion")
    prompt = found[pks[0]].prompt
    if fields.get("prompt_id", prompt.pk) != prompt.pk or len(set(pks)) < len(pks):
        raise InvalidInput(
            "An item's completions are different ones of its prompt.", code="mixed_prompts"
        )
    before = Item.objects.filter(project=project, external_id=fields.get("external_id"))
    known = bool(fields.get("external_id")) and before.exists()
    item = services.add_item_for(
        prompt,
        [found[pk] for pk in pks],
        kinds,
        item_id=fields.get("external_id"),
        overlap=fields.get("overlap"),
        blind=fields["blind"],
    )
    return item, not known


def _prompt(project: Project, pk: int) -> Prompt:
    prompt = Prompt.objects.filter(project=project, pk=pk, withdrawn_at=None).first()
    if prompt is None:
        raise NotFound(f"There is no prompt {pk} here.", code="unknown_prompt")
    return prompt
