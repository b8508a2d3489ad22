"""Reports: figures about a project that take longer to work out than a page may."""

from __future__ import annotations

from django.db import models

from feedback.models.project import Project


class Report(models.Model):
    """Figures of one name as they stood when they were made; the newest is shown, with its age.

    `data` names annotators by their ids only, so that a report needs no change when a person is erased.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="reports")
    name = models.CharField(max_length=40)
    data = models.JSONField()
    job = models.BigIntegerField(null=True, blank=True, help_text="The job that made it.")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["project", "name", "-id"], name="report_newest")]

    def __str__(self) -> str:
        return f"{self.name} of {self.project}"
