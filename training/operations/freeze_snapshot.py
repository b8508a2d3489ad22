"""Freeze: a project's evidence becomes files with a digest and a stable split."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from pydantic import Field

from feedback.errors import Conflict, InvalidInput
from feedback.evidence import Evidence
from feedback.models import Judgment, Project
from feedback.selectors import evidence_of
from feedback.selectors.decisions import decided_only, standing_decisions
from feedback.selectors.judgments import counted_judgments
from feedback.selectors.quality import annotator_weights
from training.artefacts import store_tree, tree_exists
from training.jobs.context import JobContext
from training.models import Snapshot
from training.operations.base import Operation, Outcome, Params
from training.snapshots import Manifest, SnapshotOptions, weighted, write_snapshot

PART = 50_000  # ids in one question to the database


class FreezeParams(Params):
    """Which evidence to freeze."""

    options: SnapshotOptions = Field(default_factory=SnapshotOptions)


class FreezeSnapshot(Operation[FreezeParams]):
    """Equal evidence with equal options is one snapshot, however often it is frozen."""

    name = "freeze_snapshot"
    label = "Snapshot"
    params_model = FreezeParams

    def run(self, context: JobContext, params: FreezeParams) -> Outcome:
        """Write, store and register the snapshot."""
        project = context.job.project
        assert project is not None  # noqa: S101 snapshots always have a project
        folder = context.directory / "snapshot"
        method = params.options.weights
        weights = None if method == "none" else annotator_weights(project, method)
        records = _watched(project, params.options, context)
        if weights is not None:
            records = weighted(records, weights, _decided(project, params.options))
        manifest = write_snapshot(folder, records, params.options, weights)
        if not manifest.counts.get("prompts"):
            raise InvalidInput(
                "There is no evidence to freeze with these options.",
                code="no_evidence",
                hint="Judge some items, or widen the options.",
            )
        if manifest.weights and not any(manifest.weights.values()):
            raise InvalidInput(
                "Every annotator of this evidence has the weight 0, so nothing could be learnt from it.",
                code="no_weight",
                hint="Look at the quality page, or freeze without weights.",
            )
        snapshot, new = _register(context, project, params.options, manifest)
        return Outcome(result={"snapshot": snapshot.pk, "digest": snapshot.digest, "new": new})


@transaction.atomic
def _register(
    context: JobContext, project: Project, options: SnapshotOptions, manifest: Manifest
) -> tuple[Snapshot, bool]:
    """The files and the row, with whoever erases an annotator kept waiting: see `feedback.services.erasure`."""
    Project.objects.select_for_update().get(pk=project.pk)
    pks = manifest.judgments
    parts = (pks[n : n + PART] for n in range(0, len(pks), PART))
    if any(Judgment.objects.filter(pk__in=p).exclude(erased_at=None).exists() for p in parts):
        raise Conflict(
            "An annotator was erased while this snapshot was frozen.",
            code="erased_meanwhile",
            hint="Freeze it again.",
        )
    artefact = f"snapshots/{project.pk}/{manifest.digest}"
    if not tree_exists(artefact):
        store_tree(context.directory / "snapshot", artefact)
    return Snapshot.objects.get_or_create(
        project=project,
        digest=manifest.digest,
        defaults={
            "options": options.model_dump(mode="json"),
            "counts": manifest.counts,
            "artefact": artefact,
            "created_by": context.job.owner,
        },
    )


def _decided(project: Project, options: SnapshotOptions) -> set[int]:
    if options.adjudicated == "all":
        return set()
    return set(standing_decisions(project).values_list("judgment", flat=True))


def _watched(project: Project, options: SnapshotOptions, context: JobContext) -> Iterator[Evidence]:
    decided = options.adjudicated == "decision"
    rows = decided_only(project) if decided else counted_judgments()
    for n, record in enumerate(evidence_of(project, rows), 1):
        if n % 1000 == 0:
            context.check()
            context.progress(n, 0, f"{n} records")
        yield record
