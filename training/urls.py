"""Routes of training's pages."""

from __future__ import annotations

from django.urls import path

from training.views import (
    checkpoints,
    exports,
    imports,
    jobs,
    policies,
    quality,
    queue,
    reactions,
    sampling,
    snapshots,
    trainings,
)

PROJECT = "projects/<slug:slug>"

urlpatterns = [
    path(f"{PROJECT}/import/", imports.upload, name="import"),
    path(f"{PROJECT}/import/<str:token>/", imports.mapping, name="import_mapping"),
    path(f"{PROJECT}/export/", exports.project_export, name="project_export"),
    path(f"{PROJECT}/queue/", queue.queue, name="queue"),
    path(f"{PROJECT}/quality/", quality.quality, name="quality"),
    path(f"{PROJECT}/annotators/<int:pk>/", quality.annotator, name="annotator"),
    path(f"{PROJECT}/annotators/<int:pk>/data/", quality.annotator_data, name="annotator_data"),
    path(f"{PROJECT}/annotators/<int:pk>/erase/", quality.annotator_erase, name="annotator_erase"),
    path(f"{PROJECT}/snapshots/", snapshots.snapshots, name="snapshots"),
    path(f"{PROJECT}/snapshots/<int:pk>/", snapshots.snapshot, name="snapshot"),
    path(f"{PROJECT}/snapshots/<int:pk>/export/", exports.snapshot_export, name="snapshot_export"),
    path(f"{PROJECT}/snapshots/<int:pk>/train/<str:recipe>/", trainings.train, name="train"),
    path(f"{PROJECT}/checkpoints/", checkpoints.checkpoints, name="checkpoints"),
    path(f"{PROJECT}/checkpoints/<int:pk>/", checkpoints.checkpoint, name="checkpoint"),
    path(
        f"{PROJECT}/checkpoints/<int:pk>/score/",
        checkpoints.checkpoint_score,
        name="checkpoint_score",
    ),
    path(f"{PROJECT}/policies/", policies.policies, name="policies"),
    path(f"{PROJECT}/policies/<int:pk>/archive/", policies.policy_archive, name="policy_archive"),
    path(f"{PROJECT}/policies/<int:pk>/revise/", policies.policy_revise, name="policy_revise"),
    path(f"{PROJECT}/sampling/", sampling.sampling, name="sampling"),
    path(f"{PROJECT}/sampling/judge/", sampling.judge_blind, name="judge_blind"),
    path(f"{PROJECT}/sampling/shown/<int:pk>/", reactions.sampling_shown, name="sampling_shown"),
    path(f"{PROJECT}/sampling/thumb/<int:pk>/", reactions.sampling_thumb, name="sampling_thumb"),
    path(
        f"{PROJECT}/sampling/<slug:name>/stream/", sampling.sampling_stream, name="sampling_stream"
    ),
    path(f"{PROJECT}/sampling/<slug:name>/stop/", sampling.sampling_stop, name="sampling_stop"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<int:pk>/", jobs.job, name="job"),
    path("jobs/<int:pk>/live/", jobs.job_live, name="job_live"),
    path("jobs/<int:pk>/cancel/", jobs.job_cancel, name="job_cancel"),
    path("jobs/<int:pk>/resume/", jobs.job_resume, name="job_resume"),
    path("jobs/<int:pk>/log/", jobs.job_log, name="job_log"),
]
