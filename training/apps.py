"""Django's name for the training app."""

from __future__ import annotations

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    """Snapshots, jobs, checkpoints and policies."""

    name = "training"
    verbose_name = "Training"
    default_auto_field = "django.db.models.BigAutoField"
