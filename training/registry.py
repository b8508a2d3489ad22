"""Policies and checkpoints: registered with their lineage, resolved to something that loads."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from feedback.errors import InvalidInput, NotFound
from feedback.models import Project
from training.artefacts import SCHEME, fetch_tree, store_tree, tree_exists
from training.models import Checkpoint, Job, Policy, PolicyKind, Snapshot
from training.sampling import check_base_model

STARTER = "starter"
STARTER_ARTEFACT = "policies/starter"
LONGEST_NAME = 200  # of a policy or a checkpoint, in the database


def cached_tree(prefix: str) -> Path:
    """A stored folder on this machine's disk, fetched once where storage is elsewhere."""
    return fetch_tree(prefix, Path(settings.DATA_DIR) / "cache" / prefix)


def model_path(policy: Policy) -> str:
    """What a local policy loads from: a directory on this machine, or a Hub id."""
    if policy.kind != PolicyKind.LOCAL:
        raise InvalidInput(
            f"The policy '{policy.name}' is remote, so its weights cannot be used here.",
            code="policy_not_local",
        )
    if policy.location.startswith(SCHEME):
        return str(cached_tree(policy.location.removeprefix(SCHEME)))
    return policy.location


def policy_source(policy: Policy) -> dict[str, Any]:
    """The policy as `training.sampling.open_policy` reads it; a key is named, never written down."""
    if policy.kind == PolicyKind.LOCAL:
        return {"kind": "local", "path": model_path(policy)}
    if policy.kind == PolicyKind.OPENAI:
        return {"kind": "openai", "url": policy.location, **policy.settings}
    return {"kind": "scripted", **policy.settings}


def ensure_base_policy(location: str, project: Project | None = None) -> Policy:
    """The policy of a base model: `starter`, a local directory, or a Hub id.

    Raises NotFound or InvalidInput `base_model_not_found` before anything is stored.
    """
    if location == STARTER:
        if not tree_exists(STARTER_ARTEFACT):
            raise NotFound(
                "The starter policy has not been built yet.",
                code="base_model_not_found",
                hint="Run `python manage.py build_starter`.",
            )
        name, location = STARTER, f"{SCHEME}{STARTER_ARTEFACT}"
        project = None
    else:
        check_base_model(location)
        name = location.rstrip("/").split("/")[-1] if Path(location).is_dir() else location
        name = name[-LONGEST_NAME:]
    mine = Policy.objects.filter(project=project)
    known = mine.filter(kind=PolicyKind.LOCAL, location=location).order_by("pk").first()
    if known is not None:
        return known
    if mine.filter(name=name).exists():  # of another place, which is another model
        name = f"{name} ({location})"[-LONGEST_NAME:]
    policy, _ = Policy.objects.get_or_create(
        project=project, kind=PolicyKind.LOCAL, location=location, defaults={"name": name}
    )
    return policy


@transaction.atomic
def register_checkpoint(
    job: Job,
    *,
    output: Path,
    snapshot: Snapshot,
    base: Policy,
    recipe: str,
    produces: str,
    config: Mapping[str, Any],
    evaluation: Mapping[str, Any],
) -> Checkpoint:
    """Store the weights and the row of what a training job made; a policy can be sampled at once."""
    known = Checkpoint.objects.filter(job=job).first()
    if known is not None:
        return known
    artefact = store_tree(output, f"checkpoints/{job.pk}")
    name = _checkpoint_name(base.name, f" · {recipe} #{job.pk}")
    policy = None
    if produces == "policy":
        policy = Policy.objects.create(
            project=job.project, name=name, location=f"{SCHEME}{artefact}", parent=base
        )
    assert job.project is not None  # noqa: S101 training always belongs to a project
    return Checkpoint.objects.create(
        project=job.project,
        job=job,
        snapshot=snapshot,
        base=base,
        policy=policy,
        name=name,
        recipe=recipe,
        produces=produces,
        config=dict(config),
        evaluation=dict(evaluation),
        artefact=artefact,
        code_version=code_version(),
    )


def _checkpoint_name(base: str, end: str) -> str:
    """The first base's name, shortened so that what tells checkpoints apart always fits."""
    return base.split(" · ")[0][: LONGEST_NAME - len(end)] + end


@cache
def code_version() -> str:
    """The commit that this code was checked out at, where that is known."""
    git = shutil.which("git")
    if git is None or not (Path(settings.ROOT) / ".git").exists():
        return "unknown"
    told = subprocess.run(  # noqa: S603 fixed arguments
        [git, "describe", "--always", "--dirty"],
        cwd=settings.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or "unknown"
