"""Reads: jobs with their metrics and logs, snapshots, checkpoints, policies and recipes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import SEEK_END
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import storages
from django.db.models import Q, QuerySet

from feedback.errors import NotAllowed, NotFound
from feedback.evidence import Evidence
from feedback.models import Project, Role, User
from feedback.permissions import Ability, abilities, require
from training.models import Checkpoint, Generation, Job, Policy, Snapshot
from training.progress import LOG
from training.recipes import RECIPES, get_recipe
from training.recipes.base import GROUPS, Recipe
from training.registry import cached_tree
from training.snapshots import read_evidence

LOG_TAIL = 20_000


def jobs_of(user: User | AnonymousUser) -> QuerySet[Job]:
    """Jobs of projects that the user owns; staff see all."""
    jobs = Job.objects.select_related("project", "owner")
    if not user.is_authenticated:
        return jobs.none()
    if user.is_staff:
        return jobs
    owned = Q(
        project__memberships__user=user,
        project__memberships__role__in=(Role.OWNER, Role.REVIEWER),
    )
    return jobs.filter(owned).distinct()


def get_job(user: User | AnonymousUser, pk: int, ability: Ability) -> Job:
    """The job, if the user may do that in its project. Raises NotFound, NotAllowed."""
    job = Job.objects.select_related("project", "owner").filter(pk=pk).first()
    held = frozenset[Ability]()
    if job is not None and job.project is not None:
        held = abilities(user, job.project)
    elif job is not None and user.is_authenticated and user.is_staff:
        held = frozenset(Ability)
    if job is None or Ability.VIEW not in held:
        raise NotFound("There is no such job, or you may not see it.", code="unknown_job")
    if ability not in held:
        raise NotAllowed("Your role does not let you change jobs of this project.")
    return job


def newest_quality_job(project: Project) -> Job | None:
    """The newest job that reports on the project's quality."""
    return project.jobs.filter(operation="report_quality").order_by("-pk").first()


def job_log(job: Job) -> str:
    """The end of the job's log; empty when there is none."""
    log = open_job_log(job)
    if log is None:
        return ""
    with log:
        log.seek(max(0, log.seek(0, SEEK_END) - LOG_TAIL))
        return log.read().decode("utf-8", "replace")


def open_job_log(job: Job) -> BinaryIO | None:
    """The job's whole log, from this machine's disk or from storage; None when there is none."""
    local = Path(settings.DATA_DIR) / "runs" / str(job.pk) / LOG
    if local.exists():
        return local.open("rb")
    stored = f"runs/{job.pk}/papers/{LOG}"
    storage = storages["artefacts"]
    return cast("BinaryIO", storage.open(stored)) if storage.exists(stored) else None


def metric_series(job: Job) -> dict[str, list[tuple[int, float]]]:
    """The job's metrics by name, each as (step, value) pairs in order; missing values are left out."""
    series: dict[str, list[tuple[int, float]]] = {}
    for step, values in job.metrics.values_list("step", "values"):
        for name, value in values.items():
            if value is not None:
                series.setdefault(name, []).append((step, float(value)))
    return series


def policies_of(project: Project) -> QuerySet[Policy]:
    """Policies that the project can sample: its own and everybody's."""
    return Policy.objects.filter(
        Q(project=project) | Q(project=None), archived_at=None
    ).select_related("parent", "checkpoint")


def get_policies(project: Project, pks: Sequence[int]) -> list[Policy]:
    """Policies of the project in the order of the ids; raises NotFound `unknown_policy`."""
    found = {policy.pk: policy for policy in policies_of(project).filter(pk__in=pks)}
    missing = [pk for pk in pks if pk not in found]
    if missing:
        raise NotFound(f"There is no policy {missing[0]} here.", code="unknown_policy")
    return [found[pk] for pk in pks]


def get_snapshot(project: Project, pk: int) -> Snapshot:
    """A snapshot of the project; raises NotFound `unknown_snapshot`."""
    snapshot = Snapshot.objects.select_related("project").filter(project=project, pk=pk).first()
    if snapshot is None:
        raise NotFound(f"There is no snapshot {pk} here.", code="unknown_snapshot")
    return snapshot


def find_snapshot(user: User | AnonymousUser, pk: int, ability: Ability) -> Snapshot:
    """The snapshot, if the user may do that in its project. Raises NotFound, NotAllowed."""
    snapshot = Snapshot.objects.select_related("project", "created_by").filter(pk=pk).first()
    if snapshot is None or not abilities(user, snapshot.project):
        raise NotFound("There is no such snapshot, or you may not see it.", code="unknown_snapshot")
    require(user, snapshot.project, ability)
    return snapshot


def find_checkpoint(user: User | AnonymousUser, pk: int, ability: Ability) -> Checkpoint:
    """The checkpoint, if the user may do that in its project. Raises NotFound, NotAllowed."""
    rows = Checkpoint.objects.select_related("project", "snapshot", "base", "policy", "job")
    checkpoint = rows.filter(pk=pk).first()
    if checkpoint is None or not abilities(user, checkpoint.project):
        raise NotFound(
            "There is no such checkpoint, or you may not see it.", code="unknown_checkpoint"
        )
    require(user, checkpoint.project, ability)
    return checkpoint


def snapshot_evidence(snapshot: Snapshot) -> Iterator[Evidence]:
    """The snapshot's records, streamed from its files."""
    for _, record in read_evidence(cached_tree(snapshot.artefact)):
        yield record


def checkpoints_of(project: Project) -> QuerySet[Checkpoint]:
    """The project's checkpoints, newest first."""
    return Checkpoint.objects.filter(project=project).select_related(
        "snapshot", "base", "policy", "job"
    )


def samples_of(project: Project) -> QuerySet[Generation]:
    """Samples taken in the project, newest first."""
    return Generation.objects.filter(completion__prompt__project=project).select_related(
        "completion__prompt", "policy"
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """A recipe for a snapshot; `missing` says in sentences what the snapshot lacks."""

    recipe: Recipe
    missing: Sequence[str]


@dataclass(frozen=True, slots=True)
class OfferGroup:
    """Recipes of one group: those for which a snapshot has enough, and those that lack something."""

    title: str
    enough: Sequence[Offer]
    short: Sequence[Offer]


def offered_recipes(snapshot: Snapshot) -> list[Offer]:
    """All recipes, those for which the snapshot has enough first."""
    offers = [Offer(recipe, recipe.missing(snapshot.counts)) for recipe in RECIPES.values()]
    return sorted(offers, key=lambda offer: bool(offer.missing))


def offer_groups(snapshot: Snapshot) -> list[OfferGroup]:
    """All recipes by what they make and of what, in the order in which people meet them."""
    offers = offered_recipes(snapshot)
    groups = []
    for name, title in GROUPS.items():
        mine = [offer for offer in offers if offer.recipe.group == name]
        enough, short = [o for o in mine if not o.missing], [o for o in mine if o.missing]
        if mine:
            groups.append(OfferGroup(title, enough, short))
    return groups


def recipe_named(name: str) -> Recipe:
    """The recipe; raises InvalidInput `unknown_recipe`."""
    return get_recipe(name)
