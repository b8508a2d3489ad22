"""Checkpoints: trained weights with their lineage and evaluation."""

from __future__ import annotations

from django.db import models

from feedback.models import Project
from training.models.job import Job
from training.models.policy import Policy
from training.models.snapshot import Snapshot


class Checkpoint(models.Model):
    """What a training job made, and everything needed to make it again."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="checkpoints")
    job = models.OneToOneField(Job, models.PROTECT, related_name="checkpoint")
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="checkpoints")
    base = models.ForeignKey(Policy, models.PROTECT, related_name="trained")
    policy = models.OneToOneField(
        Policy, models.PROTECT, null=True, blank=True, related_name="checkpoint"
    )
    name = models.CharField(max_length=200)
    recipe = models.CharField(max_length=40)
    produces = models.CharField(max_length=20)
    config = models.JSONField()
    evaluation = models.JSONField(default=dict)
    artefact = models.CharField(max_length=300)
    code_version = models.CharField(max_length=100, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
