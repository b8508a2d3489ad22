"""What a child process wrote, read by the attempt that follows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feedback.models import Project, User
from training.jobs.child import earlier_steps
from training.jobs.context import JobContext
from training.models import Job, Metric


@pytest.mark.django_db
def test_steps_that_a_killed_worker_left_unstored_become_rows(
    project: Project, owner: User, tmp_path: Path
) -> None:
    lines = [
        json.dumps({"type": "metrics", "step": 5, "values": {"loss": 0.7}}) + "\n",
        json.dumps({"type": "progress", "done": 5, "total": 9, "message": ""}) + "\n",
        json.dumps({"type": "metrics", "step": 10, "values": {"loss": 0.6}}) + "\n",
        '{"type": "metrics", "step": 15, "val',  # cut off
    ]
    job = Job.objects.create(project=project, owner=owner, operation="train_model", queue="gpu")
    context = JobContext(job, tmp_path)
    context.metrics(5, {"loss": 0.8})
    context.store_steps(earlier_steps(lines))
    stored = Metric.objects.filter(job=job).order_by("step").values_list("step", "values")
    assert list(stored) == [(5, {"loss": 0.7}), (10, {"loss": 0.6})]
