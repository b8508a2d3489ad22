"""Routes of training's REST endpoints."""

from __future__ import annotations

from django.urls import path

from training.api import (
    checkpoints,
    exports,
    imports,
    jobs,
    policies,
    quality,
    queue,
    revisions,
    samples,
    snapshots,
)

PROJECT = "projects/<slug:slug>"

urlpatterns = [
    path(f"{PROJECT}/imports/", imports.Imports.as_view(), name="api-imports"),
    path(f"{PROJECT}/export/", exports.ProjectExport.as_view(), name="api-project-export"),
    path(f"{PROJECT}/queue/", queue.Queue.as_view(), name="api-queue"),
    path(f"{PROJECT}/queue/order/", queue.QueueOrder.as_view(), name="api-queue-order"),
    path(f"{PROJECT}/quality/", quality.Quality.as_view(), name="api-quality"),
    path(
        f"{PROJECT}/annotators/<int:pk>/quality/",
        quality.AnnotatorQuality.as_view(),
        name="api-annotator-quality",
    ),
    path(
        f"{PROJECT}/annotators/<int:pk>/data/",
        quality.AnnotatorData.as_view(),
        name="api-annotator-data",
    ),
    path(f"{PROJECT}/snapshots/", snapshots.Snapshots.as_view(), name="api-snapshots"),
    path(f"{PROJECT}/checkpoints/", checkpoints.Checkpoints.as_view(), name="api-checkpoints"),
    path(f"{PROJECT}/policies/", policies.Policies.as_view(), name="api-policies"),
    path(f"{PROJECT}/revisions/", revisions.Revisions.as_view(), name="api-revisions"),
    path(f"{PROJECT}/samples/", samples.Samples.as_view(), name="api-samples"),
    path("snapshots/<int:pk>/", snapshots.SnapshotDetail.as_view(), name="api-snapshot"),
    path(
        "snapshots/<int:pk>/export/", exports.SnapshotExport.as_view(), name="api-snapshot-export"
    ),
    path(
        "snapshots/<int:pk>/recipes/",
        snapshots.SnapshotRecipes.as_view(),
        name="api-snapshot-recipes",
    ),
    path("snapshots/<int:pk>/train/", snapshots.Train.as_view(), name="api-train"),
    path("recipes/", snapshots.Recipes.as_view(), name="api-recipes"),
    path("jobs/", jobs.Jobs.as_view(), name="api-jobs"),
    path("jobs/<int:pk>/", jobs.JobDetail.as_view(), name="api-job"),
    path("jobs/<int:pk>/cancel/", jobs.CancelJob.as_view(), name="api-job-cancel"),
    path("jobs/<int:pk>/resume/", jobs.ResumeJob.as_view(), name="api-job-resume"),
    path("jobs/<int:pk>/metrics/", jobs.JobMetrics.as_view(), name="api-job-metrics"),
    path("jobs/<int:pk>/log/", jobs.JobLog.as_view(), name="api-job-log"),
    path("checkpoints/<int:pk>/", checkpoints.CheckpointDetail.as_view(), name="api-checkpoint"),
    path(
        "checkpoints/<int:pk>/score/",
        checkpoints.ScoreItems.as_view(),
        name="api-checkpoint-score",
    ),
]
