"""The jobs page and a job's page: what runs, what failed and why, what was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from feedback.models import Project, User
from tests.cast import ClientOf, freeze, judge, new_checkpoint, new_item
from training.models import Job, JobState, Metric
from training.services import run_directory

HTMX = {"HTTP_HX_REQUEST": "true"}
RUNNING: dict[str, Any] = {"state": JobState.RUNNING, "done": 3, "total": 10, "message": "Training"}


def new_job(project: Project, owner: User, **fields: Any) -> Job:
    """A training of the project, running at step 3 of 10 unless told otherwise."""
    body = {"operation": "train_model", "queue": "gpu", "params": {"recipe": "dpo"}, **RUNNING}
    return Job.objects.create(project=project, owner=owner, **{**body, **fields})


def page(client_of: ClientOf, user: User, name: str, *args: Any, **query: str) -> str:
    """A page's text."""
    response = client_of(user).get(reverse(name, args=args), query)
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_list_says_what_runs(project: Project, owner: User, client_of: ClientOf) -> None:
    """State, progress, project and owner; it renews itself while something runs."""
    job = new_job(project, owner, title="DPO from starter")
    text = page(client_of, owner, "jobs")
    assert "DPO from starter" in text
    assert '<progress value="3"' in text
    assert "Answers" in text
    assert "olive" in text
    assert 'hx-trigger="every 2s"' in text
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, finished_at=timezone.now())
    assert 'hx-trigger="every 2s"' not in page(client_of, owner, "jobs")


def test_the_list_is_filtered_and_paged(project: Project, owner: User, client_of: ClientOf) -> None:
    """By state, newest first, older ones behind a link that keeps the filter."""
    for n in range(51):
        new_job(project, owner, state=JobState.FAILED, title=f"failing {n}")
    new_job(project, owner, title="the running one")
    text = page(client_of, owner, "jobs", state="failed")
    assert "the running one" not in text
    assert "failing 50" in text
    assert ">failing 0<" not in text.replace("\n", "").replace("  ", "")
    oldest = Job.objects.get(title="failing 1")
    assert f"?state=failed&amp;before={oldest.pk}" in text
    assert "failing 0" in page(client_of, owner, "jobs", state="failed", before=str(oldest.pk))


@pytest.mark.parametrize(
    ("role", "seen"),
    [("owner", True), ("reviewer", True), ("annotator", False), ("stranger", False)],
)
def test_the_list_shows_only_ones_own_projects(
    role: str, seen: bool, project: Project, owner: User, client_of: ClientOf, request: Any
) -> None:
    """Others learn nothing of a project's jobs."""
    new_job(project, owner, title="secret work")
    text = page(client_of, request.getfixturevalue(role), "jobs")
    assert ("secret work" in text) is seen


def test_a_running_job_is_drawn_live(project: Project, owner: User, client_of: ClientOf) -> None:
    """Charts grow with the metrics, until the job is over."""
    job = new_job(project, owner)
    for step in (1, 2, 3):
        values = {"loss": 1 / step, "rewards/margins": step / 10, "rewards/accuracies": 0.5}
        Metric.objects.create(job=job, step=step, values=values)
    text = page(client_of, owner, "job", job.pk)
    assert 'hx-trigger="every 1500ms"' in text
    assert text.count("<polyline") == 3
    assert "step 3: loss 0.3333" in text
    Metric.objects.create(job=job, step=4, values={"loss": 0.25})
    assert "step 4: loss 0.25" in page(client_of, owner, "job_live", job.pk)
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
    assert "every 1500ms" not in page(client_of, owner, "job_live", job.pk)


def test_a_failed_job_says_why_and_what_next(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    """Message, hint and code, escaped."""
    error = {"code": "training_diverged", "message": "Loss is <nan>.", "hint": "Lower the rate."}
    job = new_job(project, owner, state=JobState.FAILED, error=error)
    text = page(client_of, owner, "job", job.pk)
    assert "Loss is &lt;nan&gt;." in text
    assert "Lower the rate." in text
    assert "training_diverged" in text
    assert reverse("job_resume", args=[job.pk]) in text


def test_a_training_tells_what_it_used_and_made(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    """Rows used and left out in words, the evaluation with its interval, links to what was made."""
    new_item(project)
    judge(project, owner)
    made = new_checkpoint(freeze(project, owner), owner)
    accuracy = {"value": 0.75, "low": 0.6, "high": 0.9, "n": 40, "prompts": 13}
    result = {
        "rows": {"train": 90, "test": 10, "unusable": {"tie": 4, "odd_reason": 1}, "too_long": 2},
        "evaluation": {"pairs": 40, "accuracy": accuracy, "margin": None, "novel": 0.5},
        "checkpoint": made.pk,
        "policy": made.policy_id,
    }
    job = new_job(project, owner, state=JobState.DONE, result=result)
    text = page(client_of, owner, "job", job.pk)
    for sentence in (
        "90 rows used for training, 10 held out.",
        "4 rows left out: ties, which this recipe cannot use.",
        "1 row left out: odd reason.",
        "2 rows left out: longer than the most tokens allowed.",
        "Held-out accuracy",
        "75.0 %",
        "60.0 % to 90.0 %",
        "40 from 13 prompts",
        "Novel",
        reverse("checkpoint", args=[project.slug, made.pk]),
        f"first={made.policy_id}&amp;second={made.base_id}",
    ):
        assert sentence in text


def test_an_import_lists_what_it_refused(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    """Numbers, reasons and codes, escaped."""
    refusal = {"where": "row 7", "code": "empty_completion", "message": "<b>empty</b>"}
    result = {"rows": 3, "created": 2, "same": 0, "judgments": 5, "judgments_same": 0}
    result |= {"refused": 1, "refusals": [refusal]}  # type: ignore[dict-item]
    job = new_job(project, owner, operation="import_content", state=JobState.DONE, result=result)
    text = page(client_of, owner, "job", job.pk)
    for part in (
        "3 rows read.",
        "5 judgments stored",
        "1 row refused",
        "row 7",
        "empty_completion",
    ):
        assert part in text
    assert "&lt;b&gt;empty&lt;/b&gt;" in text


def test_cancel_and_resume(project: Project, owner: User, client_of: ClientOf) -> None:
    """A running job is asked to stop; one that failed waits again; without scripts as with them."""
    client = client_of(owner)
    job = new_job(project, owner)
    live = client.post(reverse("job_cancel", args=[job.pk]), **HTMX)  # type: ignore[arg-type]
    assert "cancelling" in live.content.decode()
    job.refresh_from_db()
    assert job.cancel_requested_at is not None
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED)
    assert client.post(reverse("job_resume", args=[job.pk])).status_code == 302
    job.refresh_from_db()
    assert job.state == JobState.QUEUED
    row = client.post(
        reverse("job_cancel", args=[job.pk]),
        **HTMX,  # type: ignore[arg-type]
        HTTP_HX_TARGET=f"job-row-{job.pk}",
    ).content.decode()
    assert row.strip().startswith("<tr") or "<tr id=" in row
    assert "Cancelled" in row


def test_what_is_over_cannot_be_cancelled(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    """The live part comes back with the message in it; a whole page without scripts."""
    job = new_job(project, owner, state=JobState.DONE)
    url = reverse("job_cancel", args=[job.pk])
    for extra in (HTMX, {}):
        response = client_of(owner).post(url, **extra)  # type: ignore[arg-type]
        assert response.status_code == 409
        assert b"job_over" in response.content


def test_the_log_is_text(
    project: Project, owner: User, client_of: ClientOf, settings: Any, tmp_path: Path
) -> None:
    """Whole for people, its end for the page, which stops asking once the job is over."""
    settings.DATA_DIR = tmp_path  # the usual one is kept between runs
    job = new_job(project, owner)
    url = reverse("job_log", args=[job.pk])
    client = client_of(owner)
    waiting = client.get(url, **HTMX)  # type: ignore[arg-type]
    assert b"Nothing has been written yet." in waiting.content
    assert client.get(url).content == b""
    run_directory(job).mkdir(parents=True)
    (run_directory(job) / "log.txt").write_text("first\n" + "x" * 30_000 + "\n<script>last\n")
    whole = client.get(url)
    assert whole["Content-Type"] == "text/plain; charset=utf-8"
    assert b"".join(whole).startswith(b"first\n")
    end = client.get(url, **HTMX)  # type: ignore[arg-type]
    assert end.status_code == 200
    assert "first" not in end.content.decode()
    assert end.content.decode().rstrip().endswith("&lt;script&gt;last")
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
    assert client.get(url, **HTMX).status_code == 286  # type: ignore[arg-type]
