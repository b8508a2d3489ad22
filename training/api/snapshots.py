"""Snapshots: frozen, read, offered recipes, and trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.base import IdField, Input, ProjectList, parsed, user_of
from feedback.models import Project
from feedback.permissions import Ability
from training import selectors, services
from training.api.base import MODELS, JobOut, mapping_body, queued
from training.models import Policy, Snapshot
from training.recipes import RECIPES
from training.recipes.base import GROUPS, ModelKind, Recipe
from training.registry import ensure_base_policy
from training.snapshots import SnapshotOptions


class SnapshotOut(serializers.ModelSerializer[Snapshot]):
    """Evidence frozen to files."""

    project = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    options = serializers.DictField()
    counts = serializers.DictField(child=serializers.IntegerField())
    created_by = serializers.SlugRelatedField[Any](
        slug_field="username", read_only=True, allow_null=True
    )

    class Meta:
        model = Snapshot
        fields = ("id", "project", "digest", "options", "counts", "created_by", "created")


class NeedOut(serializers.Serializer[Any]):
    """A model, or a rule, that a recipe uses besides its base."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field may have this name
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=get_args(ModelKind)), help_text="What it may be."
    )
    sentence = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]  # a field may have this name


class RecipeOut(serializers.Serializer[Any]):
    """One way to train."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field may have this name
    summary = serializers.CharField()
    produces = serializers.ChoiceField(choices=("reward_model", "policy"))
    group = serializers.ChoiceField(choices=tuple(GROUPS), help_text="Under which it is shown.")
    needs = NeedOut(
        many=True, help_text="Models that it uses besides its base; given to training as `models`."
    )
    config_schema = serializers.DictField(help_text="JSON schema of the config.")


class RecipesOut(serializers.Serializer[Any]):
    """All recipes on one page."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = RecipeOut(many=True)


class OfferOut(serializers.Serializer[Any]):
    """A recipe for one snapshot."""

    recipe = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field may have this name
    produces = serializers.ChoiceField(choices=("reward_model", "policy"))
    enough = serializers.BooleanField(help_text="Whether the snapshot has enough evidence.")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="What the snapshot lacks, in sentences."
    )
    warnings = serializers.ListField(
        child=serializers.CharField(),
        help_text="What may disappoint with the default config, in sentences.",
    )


class OffersOut(serializers.Serializer[Any]):
    """All recipes for one snapshot, on one page."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = OfferOut(many=True)


class Snapshots(ProjectList[Snapshot]):
    """The snapshots of a project."""

    queryset = Snapshot.objects.none()
    serializer_class = SnapshotOut

    def rows(self, project: Project) -> QuerySet[Snapshot]:
        """All of them."""
        return Snapshot.objects.filter(project=project).select_related("project", "created_by")

    @extend_schema(operation_id="snapshots_list")
    def get(self, request: Request, slug: str) -> Response:
        """The project's snapshots, newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="snapshots_create", request=SnapshotOptions, responses={202: JobOut}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Queue the freezing of the project's evidence; the job's result names the snapshot."""
        project = self.project(Ability.TRAIN)
        return queued(
            services.start_snapshot(project, user_of(request), mapping_body(request.data))
        )


class SnapshotDetail(APIView):
    """One snapshot."""

    @extend_schema(operation_id="snapshots_retrieve", responses=SnapshotOut)
    def get(self, request: Request, pk: int) -> Response:
        """The snapshot with its counts."""
        return Response(SnapshotOut(selectors.find_snapshot(request.user, pk, Ability.VIEW)).data)


class Recipes(APIView):
    """The catalogue of recipes."""

    @extend_schema(operation_id="recipes_list", responses=RecipesOut)
    def get(self, request: Request) -> Response:
        """All recipes with the schemas of their configs."""
        recipes = [_described(recipe) for recipe in RECIPES.values()]
        return Response({"next": None, "previous": None, "results": recipes})


class SnapshotRecipes(APIView):
    """What a snapshot can be used for."""

    @extend_schema(operation_id="snapshot_recipes_list", responses=OffersOut)
    def get(self, request: Request, pk: int) -> Response:
        """The recipes, and what the snapshot lacks for each."""
        snapshot = selectors.find_snapshot(request.user, pk, Ability.VIEW)
        offers = [_offer(offer, snapshot.counts) for offer in selectors.offered_recipes(snapshot)]
        return Response({"next": None, "previous": None, "results": offers})


@extend_schema_field(
    {"oneOf": [{"type": "integer"}, {"type": "string"}], "description": "See `policies/`."}
)
class BaseField(serializers.Field[Any, Any, Any, Any]):
    """A policy by its id, or a model by its directory, Hub id or `starter`."""

    def to_internal_value(self, data: Any) -> Any:
        """An id, or a location."""
        if isinstance(data, str) and data.strip():
            return serializers.CharField(max_length=500).run_validation(data)
        return IdField().run_validation(data)

    def to_representation(self, value: Any) -> Any:
        """As it came."""
        return value


@extend_schema_field(MODELS)
class ModelsField(serializers.DictField):
    """Models by the names under which a recipe needs them."""


class TrainIn(Input):
    """What to train, from what, and how."""

    recipe = serializers.CharField(max_length=100)
    base = BaseField(required=False, help_text="The server's base model by default.")
    config = serializers.DictField(
        required=False, help_text="Checked by the recipe; see `recipes/` for its schema."
    )
    models = ModelsField(
        required=False, help_text="What the recipe needs besides its base, by name; see `recipes/`."
    )
    seeds = serializers.IntegerField(
        default=1,
        min_value=1,
        max_value=services.MOST_SEEDS,
        help_text="So many trainings with seeds counted up from the config's; the first is returned, "
        "and all have the same `params.series`.",
    )
    shuffled = serializers.BooleanField(
        default=False,
        help_text="Each also on shuffled labels: controls, which make no checkpoint.",
    )


class Train(APIView):
    """Training on a snapshot."""

    @extend_schema(operation_id="snapshots_train", request=TrainIn, responses={202: JobOut})
    def post(self, request: Request, pk: int) -> Response:
        """Queue a training; the job's result names the checkpoint."""
        snapshot = selectors.find_snapshot(request.user, pk, Ability.TRAIN)
        fields = parsed(TrainIn, request.data)
        # Together, so that a base model that does not exist leaves no policy behind.
        with transaction.atomic():
            jobs = services.start_series(
                user_of(request),
                snapshot,
                recipe=selectors.recipe_named(fields["recipe"]).name,
                base=_base(snapshot.project, fields.get("base", settings.BASE_MODEL)),
                config=fields.get("config", {}),
                models=fields.get("models", {}),
                seeds=fields["seeds"],
                shuffled=fields["shuffled"],
            )
        return queued(jobs[0])


def _base(project: Project, wanted: int | str) -> Policy:
    if isinstance(wanted, int):
        return selectors.get_policies(project, [wanted])[0]
    return ensure_base_policy(wanted, project)


def _described(recipe: Recipe) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "label": recipe.label,
        "summary": recipe.summary,
        "produces": recipe.produces,
        "group": recipe.group,
        "needs": [{"name": name, **asdict(need)} for name, need in recipe.needs.items()],
        "config_schema": recipe.config_model.model_json_schema(),
    }


def _offer(offer: selectors.Offer, counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "recipe": offer.recipe.name,
        "label": offer.recipe.label,
        "produces": offer.recipe.produces,
        "enough": not offer.missing,
        "missing": list(offer.missing),
        "warnings": offer.recipe.warnings(counts, offer.recipe.config_model()),
    }
