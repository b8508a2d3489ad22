"""What people start: imports, snapshots, trainings and samplings, each checked before it is queued."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any, BinaryIO

from django.core.files import File
from django.core.files.storage import storages
from django.db import transaction

from feedback.errors import InvalidInput
from feedback.imports import check_columns, columns_of, detect_format, parse_mapping, read_rows
from feedback.kinds import get_kind
from feedback.models import Annotator, Project, User
from feedback.selectors.signals import newest_version
from training.companions import choose_models
from training.models import Checkpoint, Job, JobState, Policy, PolicyKind, Snapshot
from training.operations.sample_completions import SampleParams
from training.recipes import get_recipe, parse_config
from training.registry import model_path
from training.sampling import check_base_model, check_policy_model
from training.sampling.base import SamplingParams
from training.services.jobs import queue_job

HEAD = 4096
FIRST_ROWS = 100
MOST_SEEDS = 20


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
    """Queue the freezing of the project's evidence. Raises InvalidInput `unknown_kind` and for other wrong options."""
    kinds = options.get("kinds")
    for name in kinds if isinstance(kinds, list) else ():
        get_kind(str(name))
    return queue_job("freeze_snapshot", {"options": dict(options)}, project=project, owner=owner)


def start_quality_report(project: Project, owner: User) -> Job:
    """Queue the report on the project's quality; the one that waits or runs already, if there is one."""
    under_way = project.jobs.filter(
        operation="report_quality", state__in=(JobState.QUEUED, JobState.RUNNING)
    )
    return under_way.first() or queue_job("report_quality", {}, project=project, owner=owner)


def start_scoring(checkpoint: Checkpoint, owner: User) -> Job:
    """Queue the scoring of what waits to be judged. Raises InvalidInput `wrong_model` for a policy."""
    if checkpoint.produces != "reward_model":
        raise InvalidInput(
            f"'{checkpoint.name}' is a policy, and only reward models score answers.",
            code="wrong_model",
            hint="Choose a checkpoint that a reward-model recipe made.",
        )
    return queue_job(
        "score_items",
        {"checkpoint": checkpoint.pk},
        project=checkpoint.project,
        owner=owner,
        title=f"Score what waits by {checkpoint.name}"[:200],
    )


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
    models: Mapping[str, Any] = MappingProxyType({}),
    series: str = "",
    shuffled: bool = False,
) -> Job:
    """Queue a training, once everything that can be known beforehand fits.

    `models` are those that the recipe needs besides its base, by name: `{"checkpoint": id}`,
    `{"policy": id}` or `{"rule": {...}}`. `series` and `shuffled`: see `start_series`.
    Raises InvalidInput `unknown_recipe`, `invalid_config`, `base_model_not_found`, `too_little_evidence`,
    `no_vectors`, and what `choose_models` raises.
    """
    chosen = get_recipe(recipe)
    parsed = parse_config(chosen, config)
    chosen.check(parsed)
    missing = chosen.lacking(snapshot.counts, parsed)
    if missing:
        raise InvalidInput(
            f"The snapshot has too little evidence for {chosen.label}: {' '.join(missing)}",
            code="too_little_evidence",
            hint="Judge more items and freeze a new snapshot, or choose another recipe.",
            details=[{"where": "snapshot", "message": sentence} for sentence in missing],
        )
    (check_policy_model if chosen.produces == "policy" else check_base_model)(model_path(base))
    chosen_models = choose_models(snapshot.project, chosen.needs, models)
    _check_vectors(snapshot.project, chosen.vectors(parsed))
    return queue_job(
        "train_model",
        {
            "recipe": chosen.name,
            "snapshot": snapshot.pk,
            "base": base.pk,
            "config": parsed.model_dump(mode="json"),
            "models": chosen_models,
            "series": series,
            "shuffled": shuffled,
        },
        project=snapshot.project,
        owner=owner,
        title=_title(f"{chosen.label} from {base.name}", parsed.seed if series else None, shuffled),
    )


def _check_vectors(project: Project, name: str | None) -> None:
    if name is not None and newest_version(project, name) is None:
        raise InvalidInput(
            f"No signals '{name}' are stored beside the completions, so that there are no vectors to read.",
            code="no_vectors",
            hint="Store signals with vectors under that name, or choose another embedder.",
            details=[{"where": "signal", "message": "No signals of this name are stored."}],
        )


def start_series(
    owner: User,
    snapshot: Snapshot,
    *,
    recipe: str,
    base: Policy,
    config: Mapping[str, Any],
    models: Mapping[str, Any] = MappingProxyType({}),
    seeds: int = 1,
    shuffled: bool = False,
) -> list[Job]:
    """Queue the training with so many seeds, counted up from the config's; with `shuffled` each also on
    labels that chance gave. The first is the training itself.

    Raises InvalidInput `invalid_series` for seeds outside 1 to MOST_SEEDS and for a recipe without labels to
    shuffle, and what `start_training` raises.
    """
    if not 1 <= seeds <= MOST_SEEDS:
        raise InvalidInput(
            f"A training is repeated 1 to {MOST_SEEDS} times, not {seeds}.",
            code="invalid_series",
            details=[{"where": "seeds", "message": f"Between 1 and {MOST_SEEDS}."}],
        )
    chosen = get_recipe(recipe)
    if shuffled and not chosen.labelled:
        raise InvalidInput(
            f"{chosen.label} reads no labels, so that shuffling them changes nothing.",
            code="invalid_series",
            hint="Leave out the shuffled control.",
            details=[{"where": "shuffled", "message": "There are no labels to shuffle."}],
        )
    first = parse_config(chosen, config).seed
    series = uuid.uuid4().hex if seeds > 1 or shuffled else ""
    with transaction.atomic():
        return [
            start_training(
                owner,
                snapshot,
                recipe=recipe,
                base=base,
                config={**config, "seed": (first + n) % 2**31},
                models=models,
                series=series,
                shuffled=control,
            )
            for control in ((False, True) if shuffled else (False,))
            for n in range(seeds)
        ]


def _title(name: str, seed: int | None, shuffled: bool) -> str:
    told = "" if seed is None else f", seed {seed}"
    end = f"{told}, shuffled labels" if shuffled else told
    return name[: 200 - len(end)] + end


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
            check_policy_model(model_path(policy))
    return queue_job(
        "sample_completions",
        params.model_dump(mode="json"),
        project=project,
        owner=owner,
        title=f"Sample {', '.join(policy.name for policy in policies)}"[:200],
    )


def start_revisions(
    project: Project,
    owner: User,
    policy: Policy,
    sampling: Mapping[str, Any] = MappingProxyType({}),
) -> Job:
    """Queue the writing of revisions for critiques that have none. Raises InvalidInput."""
    params = SamplingParams.parse({"temperature": 0.7, "max_new_tokens": 512, **sampling, "n": 1})
    if policy.kind == PolicyKind.LOCAL:
        check_policy_model(model_path(policy))
    return queue_job(
        "write_revisions",
        {"policy": policy.pk, "sampling": params.as_json()},
        project=project,
        owner=owner,
        title=f"Revisions by {policy.name}"[:200],
    )
