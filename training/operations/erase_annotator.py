"""Erase: an annotator's answers, drafts and name go, and their lines from every snapshot of the project."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from pydantic import Field

from feedback.errors import NotFound
from feedback.models import Project
from feedback.services.erasure import erase_annotator
from training.artefacts import remove_tree, store_tree
from training.jobs.context import JobContext
from training.models import Snapshot
from training.operations.base import Operation, Outcome, Params
from training.registry import cached_tree
from training.snapshots import ERASED, read_manifest, without_judgments


class EraseParams(Params):
    """Whose data go."""

    annotator: int = Field(ge=1, description="The annotator's id.")


class EraseAnnotator(Operation[EraseParams]):
    """The database first, then the files; done again after an interruption it goes on where it stopped."""

    name = "erase_annotator"
    label = "Erase an annotator"
    params_model = EraseParams

    def run(self, context: JobContext, params: EraseParams) -> Outcome:
        """Erase. Raises NotFound `unknown_annotator`."""
        project = context.job.project
        assert project is not None  # noqa: S101 annotators always have a project
        annotator = project.annotators.filter(pk=params.annotator).first()
        if annotator is None:
            raise NotFound("There is no such annotator here.", code="unknown_annotator")
        gone = erase_annotator(annotator)
        snapshots = list(Snapshot.objects.filter(project=project))
        changed = 0
        for n, snapshot in enumerate(snapshots, 1):
            context.check()
            context.progress(n, len(snapshots) + 1, "Snapshots")
            changed += _erase_from(snapshot, gone, context.directory / f"snapshot-{snapshot.pk}")
        _drop_working_copies(project)
        return Outcome(result={"judgments": len(gone), "snapshots": changed})


def _erase_from(snapshot: Snapshot, gone: set[int], target: Path) -> bool:
    """Store what is left elsewhere, let the row name it, then remove what was there."""
    left = without_judgments(cached_tree(snapshot.artefact), target, gone)
    if left is not None:
        snapshot.artefact = store_tree(target, _prefix(snapshot, left.digest))
        erased = sum(erasure.lines for erasure in left.erasures)
        snapshot.counts = {**left.counts, ERASED: erased}
        snapshot.save(update_fields=["artefact", "counts"])
        shutil.rmtree(target)
    for erasure in read_manifest(cached_tree(snapshot.artefact)).erasures:
        for prefix in (_first_prefix(snapshot, erasure.digest), _prefix(snapshot, erasure.digest)):
            if not Snapshot.objects.filter(artefact=prefix).exists():
                remove_tree(prefix)
                shutil.rmtree(Path(settings.DATA_DIR) / "cache" / prefix, ignore_errors=True)
    return left is not None


def _first_prefix(snapshot: Snapshot, digest: str) -> str:
    """Where a snapshot lies that was frozen with this digest."""
    return f"snapshots/{snapshot.project_id}/{digest}"


def _prefix(snapshot: Snapshot, digest: str) -> str:
    """Where it lies once something was erased: a new snapshot may have the same digest."""
    return f"snapshots/{snapshot.project_id}/{snapshot.pk}-{digest}"


def _drop_working_copies(project: Project) -> None:
    """What the jobs that froze the project's snapshots left in their directories on this machine."""
    for pk in project.jobs.filter(operation="freeze_snapshot").values_list("pk", flat=True):
        shutil.rmtree(Path(settings.DATA_DIR) / "runs" / str(pk) / "snapshot", ignore_errors=True)
