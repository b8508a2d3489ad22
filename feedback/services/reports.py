"""Reports are stored; the older ones of the same name go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from feedback.models import Project, Report

KEPT = 10


@transaction.atomic
def save_report(project: Project, name: str, data: Mapping[str, Any], job: int | None) -> Report:
    """Store a report; the newest ten of each name are kept."""
    report = Report.objects.create(project=project, name=name, data=dict(data), job=job)
    own = Report.objects.filter(project=project, name=name)
    kept = own.order_by("-pk").values_list("pk", flat=True)[:KEPT]
    own.exclude(pk__in=list(kept)).delete()
    return report
