"""Train: a recipe on a snapshot, from a base policy, into a checkpoint."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from training.artefacts import fetch_tree, remove_tree, store_tree, tree_exists
from training.companions import model_source
from training.jobs.child import run_child
from training.jobs.context import JobContext
from training.models import Policy, Snapshot
from training.operations.base import Operation, Outcome, Params
from training.progress import CHECKPOINTS, LOG, OUTPUT, RUN
from training.recipes import get_recipe, parse_config
from training.registry import cached_tree, model_path, register_checkpoint


class TrainParams(Params):
    """What to train, on what, from where."""

    recipe: str
    snapshot: int
    base: int
    config: dict[str, Any] = {}
    models: dict[str, dict[str, Any]] = {}  # by the recipe's needs, as `companions.ModelChoice`


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
        _bring_checkpoint(context)
        task = {
            "task": "train",
            "recipe": recipe.name,
            "base_model": model_path(base),
            "snapshot": str(cached_tree(snapshot.artefact)),
            "config": config,
            "models": {name: model_source(choice) for name, choice in params.models.items()},
            "lineage": {"snapshot_digest": snapshot.digest, "base": base.name},
        }
        result = run_child(context, task, on_saved=lambda _, path: _keep(context, path))
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
        made: dict[str, Any] = {
            "checkpoint": checkpoint.pk,
            "policy": checkpoint.policy_id,
            "warnings": recipe.warnings(snapshot.counts, parsed),
        }
        return Outcome(result={**result, **made})


def _stored(context: JobContext) -> str:
    return f"runs/{context.job.pk}/{CHECKPOINTS}"


def _bring_checkpoint(context: JobContext) -> None:
    """On a machine that never saw this run, fetch the checkpoint that another one saved."""
    local = context.directory / CHECKPOINTS
    if local.exists() or not tree_exists(_stored(context)):
        return
    source = fetch_tree(_stored(context), local)
    if source != local:
        shutil.copytree(source, local)


def _keep(context: JobContext, path: str) -> None:
    """Keep the newest saved checkpoint in storage.

    The child keeps two checkpoints; one that went away while it was copied has a newer one behind it.
    """
    staged = context.directory / "staged"
    shutil.rmtree(staged, ignore_errors=True)
    try:
        shutil.copytree(context.directory / path, staged / Path(path).name)
    except (FileNotFoundError, shutil.Error):
        if (context.directory / path).exists():
            raise
    else:
        store_tree(staged, _stored(context))
    shutil.rmtree(staged, ignore_errors=True)


def _tidy(context: JobContext) -> None:
    """After a good end: the run's papers go to storage, its checkpoints and copies go away."""
    papers = context.directory / "papers"
    papers.mkdir(exist_ok=True)
    for name in (RUN, LOG, "metrics.jsonl"):
        if (context.directory / name).exists():
            shutil.copy(context.directory / name, papers / name)
    store_tree(papers, f"runs/{context.job.pk}/papers")
    remove_tree(_stored(context))
    for folder in (papers, context.directory / CHECKPOINTS, context.directory / OUTPUT):
        shutil.rmtree(folder, ignore_errors=True)
