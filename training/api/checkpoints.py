"""Checkpoints: what was trained, with its lineage and evaluation."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.base import ProjectList, user_of
from feedback.models import Project
from feedback.permissions import Ability
from training import selectors, services
from training.api.base import MODELS, JobOut, queued
from training.models import Checkpoint


class CheckpointOut(serializers.ModelSerializer[Checkpoint]):
    """Trained weights and everything needed to make them again."""

    project = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    config = serializers.DictField()
    evaluation = serializers.DictField()
    models = serializers.SerializerMethodField()
    snapshot_digest = serializers.CharField(source="snapshot.digest")

    class Meta:
        model = Checkpoint
        fields = (
            "id",
            "project",
            "name",
            "recipe",
            "produces",
            "job",
            "snapshot",
            "snapshot_digest",
            "base",
            "policy",
            "config",
            "models",
            "evaluation",
            "code_version",
            "created",
        )

    @extend_schema_field(MODELS)
    def get_models(self, checkpoint: Checkpoint) -> Any:
        """What it was trained with besides its base, by name."""
        return checkpoint.job.params.get("models", {})


class Checkpoints(ProjectList[Checkpoint]):
    """The checkpoints of a project."""

    queryset = Checkpoint.objects.none()
    serializer_class = CheckpointOut

    def rows(self, project: Project) -> QuerySet[Checkpoint]:
        """All of them."""
        return selectors.checkpoints_of(project).select_related("project")

    @extend_schema(operation_id="checkpoints_list")
    def get(self, request: Request, slug: str) -> Response:
        """The project's checkpoints, newest first."""
        return self.list(request)


class CheckpointDetail(APIView):
    """One checkpoint."""

    @extend_schema(operation_id="checkpoints_retrieve", responses=CheckpointOut)
    def get(self, request: Request, pk: int) -> Response:
        """The checkpoint with its lineage and evaluation."""
        checkpoint = selectors.find_checkpoint(request.user, pk, Ability.VIEW)
        return Response(CheckpointOut(checkpoint).data)


class ScoreItems(APIView):
    """What a reward model thinks of the answers that wait."""

    @extend_schema(operation_id="checkpoints_score", request=None, responses={202: JobOut})
    def post(self, request: Request, pk: int) -> Response:
        """Score them in a job: the signals `reward` and, of an ensemble, `reward_disagreement` are stored."""
        checkpoint = selectors.find_checkpoint(request.user, pk, Ability.TRAIN)
        return queued(services.start_scoring(checkpoint, user_of(request)))
