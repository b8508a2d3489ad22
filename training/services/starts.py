"""What people start: imports, snapshots, trainings and samplings, each checked before it is queued."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO

from django.core.files import File
from django.core.files.storage import storages

from feedback.errors import InvalidInput
from feedback.imports import check_columns, columns_of, detect_format, parse_mapping, read_rows
from feedback.models import Annotator, Project, User
from training.models import Job, JobState, Policy, PolicyKind, Snapshot
from training.operations.sample_completions import SampleParams
from training.recipes import get_recipe, parse_config
from training.registry import model_path
from training.sampling import check_base_model
from training.sampling.base import SamplingParams
from training.services.jobs import queue_job

HEAD = 4096
FIRST_ROWS = 100


def start_import(
    project: Project,
    owner: User,
    stream: BinaryIO,
    *,
    filename: str,
    mapping: Mapping[str, Any],
    format: str = "",
) -> Job:
    """Store the file and queue its import. Raises InvalidInput `unknown_format`, `unknown_column`, ..."""
    head = stream.read(HEAD)
    stream.seek(0)
    chosen = format or detect_format(filename, head)
    parsed = parse_mapping(mapping)
    check_columns(parsed, columns_of(islice(read_rows(chosen, stream), FIRST_ROWS)))
    stream.seek(0)
    name = storages["artefacts"].save(f"imports/{uuid.uuid4().hex}", File(stream))
    return queue_job(
        "import_content",
        {
            "file": name,
            "filename": filename,
            "format": chosen,
            "mapping": parsed.model_dump(mode="json"),
        },
        project=project,
        owner=owner,
        title=f"Import {filename}"[:200],
    )


def start_snapshot(project: Project, owner: User, options: Mapping[str, Any]) -> Job:
    """Queue the freezing of the project's evidence."""
    return queue_job("freeze_snapshot", {"options": dict(options)}, project=project, owner=owner)


def start_quality_report(project: Project, owner: User) -> Job:
    """Queue the report on the project's quality; the one that waits or runs already, if there is one."""
    under_way = project.jobs.filter(
        operation="report_quality", state__in=(JobState.QUEUED, JobState.RUNNING)
    )
    return under_way.first() or queue_job("report_quality", {}, project=project, owner=owner)


def start_erasure(annotator: Annotator, owner: User) -> Job:
    """Queue the erasing of an annotator's answers, name and lines in snapshots; it cannot be undone."""
    return queue_job(
        "erase_annotator",
        {"annotator": annotator.pk},
        project=annotator.project,
        owner=owner,
        title=f"Erase annotator {annotator.pk}",
    )


def start_training(
    owner: User,
    snapshot: Snapshot,
    *,
    recipe: str,
    base: Policy,
    config: Mapping[str, Any],
) -> Job:
    """Queue a training, once everything that can be known beforehand fits.

    Raises InvalidInput `unknown_recipe`, `invalid_config`, `base_model_not_found`, `too_little_evidence`.
    """
    chosen = get_recipe(recipe)
    parsed = parse_config(chosen, config)
    missing = chosen.missing(snapshot.counts)
    if missing:
        raise InvalidInput(
            f"The snapshot has too little evidence for {chosen.label}: {' '.join(missing)}",
            code="too_little_evidence",
            hint="Judge more items and freeze a new snapshot, or choose another recipe.",
            details=[{"where": "snapshot", "message": sentence} for sentence in missing],
        )
    check_base_model(model_path(base))
    return queue_job(
        "train_model",
        {
            "recipe": chosen.name,
            "snapshot": snapshot.pk,
            "base": base.pk,
            "config": parsed.model_dump(mode="json"),
        },
        project=snapshot.project,
        owner=owner,
        title=f"{chosen.label} from {base.name}"[:200],
    )


def start_sampling(
    project: Project,
    owner: User,
    *,
    policies: Sequence[Policy],
    sampling: Mapping[str, Any],
    prompts: Sequence[int] | None = None,
    kinds: Sequence[Mapping[str, Any] | str] = (),
) -> Job:
    """Queue the sampling of many prompts. Raises InvalidInput."""
    params = SampleParams(
        policies=[policy.pk for policy in policies],
        prompts=None if prompts is None else list(prompts),
        sampling=SamplingParams.parse(sampling).as_json(),
        kinds=list(kinds),
    )
    for policy in policies:
        if policy.kind == PolicyKind.LOCAL:
            check_base_model(model_path(policy))
    return queue_job(
        "sample_completions",
        params.model_dump(mode="json"),
        project=project,
        owner=owner,
        title=f"Sample {', '.join(policy.name for policy in policies)}"[:200],
    )
