"""Policies: what can be sampled; and the record of every sample that was taken."""

from __future__ import annotations

from django.db import models

from feedback.models import Completion, Project


class PolicyKind(models.TextChoices):
    """How a policy is sampled."""

    LOCAL = "local", "Local model"
    OPENAI = "openai", "OpenAI-compatible server"
    SCRIPTED = "scripted", "Scripted"


class Policy(models.Model):
    """A base model, a trained checkpoint, or a remote endpoint. Without a project it is everybody's.

    `location` of a local policy is `artefact:<prefix>`, a directory, or a Hub id; of a remote one its base URL.
    """

    project = models.ForeignKey(
        Project, models.CASCADE, null=True, blank=True, related_name="policies"
    )
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=PolicyKind.choices, default=PolicyKind.LOCAL)
    location = models.CharField(max_length=500)
    settings = models.JSONField(
        default=dict,
        blank=True,
        help_text='Remote: {"model": ..., "api_key_env": "POLICY_KEY_..."}.',
    )
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="children"
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], name="policy_name_unique", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.name


class Generation(models.Model):
    """How a stored completion was sampled. `logprob` is the untempered sum over its tokens, in nats."""

    completion = models.OneToOneField(Completion, models.CASCADE, related_name="generation")
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="generations")
    parameters = models.JSONField(default=dict)
    seed = models.BigIntegerField()
    logprob = models.FloatField(null=True, blank=True)
    tokens = models.PositiveIntegerField(default=0)
    finish_reason = models.CharField(max_length=20, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"sample of {self.policy}"
