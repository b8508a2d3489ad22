"""Train: a recipe on a snapshot, from a base policy, into a checkpoint."""

from __future__ import annotations

import json
import shutil
from itertools import islice
from pathlib import Path
from typing import Any

from django.db.models import Case, Q, When

from feedback.evidence import candidates_of
from feedback.models import Project
from feedback.selectors.signals import completion_vectors, newest_version
from training.artefacts import SCHEME, fetch_tree, remove_tree, store_tree, tree_exists
from training.companions import model_source, model_warnings, models_told
from training.jobs.child import run_child
from training.jobs.context import JobContext
from training.models import Checkpoint, Policy, Snapshot
from training.operations.base import Operation, Outcome, Params
from training.progress import CHECKPOINTS, DRAFTS, LOG, OUTPUT, ROUNDS, RUN, VECTORS
from training.recipes import RECIPES, get_recipe, parse_config
from training.registry import cached_tree, code_version, model_path, register_checkpoint
from training.snapshots import read_evidence

SAVED = (CHECKPOINTS, ROUNDS)  # folders of a run that a resume goes on from

REFEREES = 2


class TrainParams(Params):
    """What to train, on what, from where."""

    recipe: str
    snapshot: int
    base: int
    config: dict[str, Any] = {}
    models: dict[str, dict[str, Any]] = {}  # by the recipe's needs, as `companions.ModelChoice`
    series: str = ""  # shared by trainings that differ in seed or labels alone
    shuffled: bool = False  # on labels that chance gave: a control, which makes no checkpoint


class TrainModel(Operation[TrainParams]):
    """Runs in a child process; every saved checkpoint is kept in storage, so any worker can go on."""

    name = "train_model"
    label = "Training"
    queue = "gpu"
    params_model = TrainParams

    def run(self, context: JobContext, params: TrainParams) -> Outcome:
        """Train, or go on from the newest checkpoint, and register what came out."""
        recipe = get_recipe(params.recipe)
        parsed = parse_config(recipe, params.config)
        config = parsed.model_dump(mode="json")
        snapshot = Snapshot.objects.get(pk=params.snapshot)
        base = Policy.objects.get(pk=params.base)
        _bring_saved(context)
        task = {
            "task": "train",
            "recipe": recipe.name,
            "base_model": model_path(base),
            "snapshot": str(cached_tree(snapshot.artefact)),
            "config": config,
            "models": {name: model_source(choice) for name, choice in params.models.items()},
            "referees": _referees(snapshot.project),
            "lineage": {
                **_lineage(snapshot, base),
                "models": models_told(recipe.needs, params.models),
                "warnings": [
                    *recipe.warnings(snapshot.counts, parsed),
                    *model_warnings(snapshot.counts, params.models),
                ],
            },
            "shuffled": params.shuffled,
        }
        if name := recipe.vectors(parsed):
            _write_vectors(context, snapshot, name)
        result = run_child(context, task, on_saved=lambda _, path: _keep(context, path))
        if params.shuffled:
            _tidy(context)
            return Outcome(result=result)
        checkpoint = register_checkpoint(
            context.job,
            output=context.directory / OUTPUT,
            snapshot=snapshot,
            base=base,
            recipe=recipe.name,
            produces=recipe.produces,
            config=config,
            evaluation=result.get("evaluation", {}),
        )
        _tidy(context)
        made = {"checkpoint": checkpoint.pk, "policy": checkpoint.policy_id}
        return Outcome(result={**result, **made})


def _referees(project: Project) -> list[dict[str, str]]:
    """The project's newest reward models, whose opinion of what was trained is asked: those of
    everybody before those of some people.

    Those on stored vectors cannot read new texts.
    """
    some = Q(recipe__in=[recipe.name for recipe in RECIPES.values() if recipe.partial])
    newest = Checkpoint.objects.filter(project=project, produces="reward_model").order_by(
        Case(When(some, then=1), default=0), "-pk"
    )
    readers = (found for found in newest.iterator() if found.config.get("embedder") != "stored")
    return [
        {"name": found.name, "path": str(cached_tree(found.artefact))}
        for found in islice(readers, REFEREES)
        if tree_exists(found.artefact)
    ]


def _lineage(snapshot: Snapshot, base: Policy) -> dict[str, str]:
    """What the model card tells of where the weights come from; a path of this machine it does not."""
    elsewhere = base.location.startswith(SCHEME) or Path(base.location).exists()
    return {
        "snapshot_digest": snapshot.digest,
        "base": base.name,
        "hub_base": "" if elsewhere else base.location,
        "code": code_version(),
    }


def _write_vectors(context: JobContext, snapshot: Snapshot, name: str) -> None:
    """The newest vectors of that name of the snapshot's completions, in the run's directory."""
    version = newest_version(snapshot.project, name)
    found = {}
    if version is not None:
        evidence = read_evidence(cached_tree(snapshot.artefact))
        ids = {candidate.id for _, record in evidence for candidate in candidates_of(record)}
        found = completion_vectors(ids, name, version)
    lines = (json.dumps({"candidate": pk, "vector": v}) + "\n" for pk, v in sorted(found.items()))
    partial = (context.directory / VECTORS).with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as file:
        file.writelines(lines)
    partial.replace(context.directory / VECTORS)


def _stored(context: JobContext, folder: str) -> str:
    return f"runs/{context.job.pk}/{folder}"


def _bring_saved(context: JobContext) -> None:
    """On a machine that never saw this run, fetch what another one saved."""
    for folder in SAVED:
        local, stored = context.directory / folder, _stored(context, folder)
        if local.exists() or not tree_exists(stored):
            continue
        source = fetch_tree(stored, local)
        if source != local:
            shutil.copytree(source, local)


def _keep(context: JobContext, path: str) -> None:
    """Keep the newest saved checkpoint in storage, with what lies beside it: of a run in rounds the
    policy of the round before, and samples.

    The child keeps two checkpoints; one that went away while it was copied has a newer one behind it.
    """

    def older(_: str, names: list[str]) -> set[str]:
        saved = {name for name in names if name.startswith("checkpoint-")}
        return saved - {Path(path).name} | {name for name in names if name.endswith(".partial")}

    folder, staged = Path(path).parts[0], context.directory / "staged"
    shutil.rmtree(staged, ignore_errors=True)
    try:
        shutil.copytree(context.directory / folder, staged, ignore=older)
    except (FileNotFoundError, shutil.Error):
        if (context.directory / path).exists():
            raise
    else:
        store_tree(staged, _stored(context, folder))
    shutil.rmtree(staged, ignore_errors=True)


def _tidy(context: JobContext) -> None:
    """After a good end: the run's papers go to storage, its checkpoints and copies go away."""
    papers = context.directory / "papers"
    papers.mkdir(exist_ok=True)
    for name in (RUN, LOG, "metrics.jsonl"):
        if (context.directory / name).exists():
            shutil.copy(context.directory / name, papers / name)
    drafts = context.directory / CHECKPOINTS / DRAFTS
    if drafts.is_dir():  # what a policy wrote for the training: nobody should have to guess at it
        shutil.copytree(drafts, papers / DRAFTS, dirs_exist_ok=True)
    store_tree(papers, f"runs/{context.job.pk}/papers")
    for folder in SAVED:
        remove_tree(_stored(context, folder))
        shutil.rmtree(context.directory / folder, ignore_errors=True)
    for done in (papers, context.directory / OUTPUT):
        shutil.rmtree(done, ignore_errors=True)
