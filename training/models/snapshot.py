"""Snapshots: evidence frozen to files, known by a digest of their content."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from feedback.models import Project


class Snapshot(models.Model):
    """A frozen dataset of one project. Equal evidence with equal options is the same snapshot."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="snapshots")
    digest = models.CharField(max_length=64)
    options = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    artefact = models.CharField(max_length=300, help_text="Where its files are in storage.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "digest"], name="snapshot_digest_unique")
        ]

    def __str__(self) -> str:
        return f"snapshot {self.digest[:12]}"
