"""Build the starter policy: a small model made on the spot, so that the loop needs no network."""

from __future__ import annotations

from training.artefacts import SCHEME, store_tree, tree_exists
from training.jobs.child import run_child
from training.jobs.context import JobContext
from training.operations.base import Operation, Outcome, Params
from training.progress import OUTPUT
from training.registry import STARTER, STARTER_ARTEFACT, ensure_base_policy


class StarterParams(Params):
    """How it is made; the same seed and budget make the same model."""

    seed: int = 0
    token_budget: int | None = None


class BuildStarter(Operation[StarterParams]):
    """Built once a data directory; a second job finds it there."""

    name = "build_starter"
    label = "Starter policy"
    queue = "gpu"
    params_model = StarterParams

    def run(self, context: JobContext, params: StarterParams) -> Outcome:
        """Train the starter in a child and store it."""
        result = {}
        if not tree_exists(STARTER_ARTEFACT):
            task = {"task": "starter", **params.model_dump(exclude_none=True)}
            result = run_child(context, task)
            store_tree(context.directory / OUTPUT, STARTER_ARTEFACT)
        policy = ensure_base_policy(STARTER)
        return Outcome(
            result={**result, "policy": policy.pk, "location": f"{SCHEME}{STARTER_ARTEFACT}"}
        )
