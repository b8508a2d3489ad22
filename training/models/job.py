"""Jobs: anything that takes longer than a request. The row is the truth; Celery is a nudge."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from feedback.models import Project


class JobState(models.TextChoices):
    """queued -> running -> done | failed | cancelled; a job that loses its worker is queued again."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Queue(models.TextChoices):
    """Which workers may take a job: `gpu` workers run one at a time, each with its device."""

    DEFAULT = "default", "Default"
    GPU = "gpu", "GPU"


class Job(models.Model):
    """One piece of work with its owner, parameters, progress and ending.

    `claim` names the attempt that may write to the row: a worker that was given up for dead and wakes again
    holds an old claim, and its writes change nothing.
    """

    project = models.ForeignKey(Project, models.CASCADE, null=True, blank=True, related_name="jobs")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="jobs"
    )
    operation = models.CharField(max_length=40)
    title = models.CharField(max_length=200, blank=True)
    params = models.JSONField(default=dict)
    queue = models.CharField(max_length=10, choices=Queue.choices, default=Queue.DEFAULT)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.CharField(max_length=32, blank=True)
    worker = models.CharField(max_length=200, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    message = models.TextField(blank=True)
    result = models.JSONField(default=dict, blank=True)
    error = models.JSONField(default=dict, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["queue", "id"],
                condition=models.Q(state="queued"),
                name="job_waiting",
            ),
            models.Index(
                fields=["heartbeat_at"],
                condition=models.Q(state="running"),
                name="job_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title or self.operation} ({self.state})"

    @property
    def is_over(self) -> bool:
        """Whether the job has ended, well or not."""
        return self.state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)

    @property
    def percent(self) -> int:
        """Progress in whole per cent; 0 when the total is not known."""
        return min(100, 100 * self.done // self.total) if self.total else 0


class Metric(models.Model):
    """Numbers that a job reported at one step. A step done again after a resume replaces its row."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="metrics")
    step = models.PositiveIntegerField()
    values = models.JSONField()

    class Meta:
        ordering = ["step"]
        constraints = [models.UniqueConstraint(fields=["job", "step"], name="one_row_per_step")]

    def __str__(self) -> str:
        return f"step {self.step} of job {self.job_id}"
