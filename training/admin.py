"""The admin site's view of training: to look, as changes belong to services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from training.models import Checkpoint, Generation, Job, Policy, Snapshot

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]  # generic for the type checker alone
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Rows that only services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes here."""
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Jobs by state and operation."""

    list_display = ("id", "title", "operation", "state", "project", "owner", "worker", "created")
    list_filter = ("state", "operation", "queue")
    list_select_related = ("project", "owner")
    search_fields = ("title", "worker")


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnlyAdmin):
    """Snapshots by project."""

    list_display = ("id", "project", "digest", "created_by", "created")
    list_select_related = ("project", "created_by")
    search_fields = ("digest",)


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    """Checkpoints by recipe."""

    list_display = ("id", "name", "project", "recipe", "base", "created")
    list_filter = ("recipe",)
    list_select_related = ("project", "base")
    search_fields = ("name",)


@admin.register(Policy)
class PolicyAdmin(ReadOnlyAdmin):
    """Policies by kind."""

    list_display = ("id", "name", "kind", "project", "location", "archived_at")
    list_filter = ("kind",)
    list_select_related = ("project",)
    search_fields = ("name", "location")


@admin.register(Generation)
class GenerationAdmin(ReadOnlyAdmin):
    """Samples by policy."""

    list_display = ("id", "policy", "seed", "tokens", "finish_reason", "logprob", "created")
    list_filter = ("finish_reason",)
    list_select_related = ("policy",)
