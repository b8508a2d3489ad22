"""What is checked after every training, whatever the recipe: people's agreement, samples, other models, the card."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from feedback.errors import TouchstoneError
from training.checks.alarms import alarms
from training.checks.card import write_card
from training.checks.people import agreement_of
from training.checks.policies import check_policy, check_referee
from training.checks.rewards import check_agreement, check_best_of
from training.progress import OUTPUT, Reporter
from training.recipes.base import Recipe, Run
from training.snapshots import read_evidence

logger = logging.getLogger(__name__)

Referee = Mapping[str, str]  # another reward model of the project: `name` and `path`

Check = Callable[[Run, Mapping[str, Any], Sequence[Referee], Reporter], dict[str, Any]]

CHECKS: dict[str, tuple[Check, ...]] = {
    "policy": (check_policy, check_referee),
    "reward_model": (check_agreement, check_best_of),
}


def checked(
    run: Run,
    recipe: Recipe,
    result: Mapping[str, Any],
    referees: Sequence[Referee],
    lineage: Mapping[str, Any],
    reporter: Reporter,
) -> dict[str, Any]:
    """The result with further figures in its `evaluation`, and the model card written beside the weights.

    `warnings` are those that `lineage` brings and what the figures give cause for. A check that fails costs
    no training: `unchecked` says what failed. Raises Stopped when told to.
    """
    evaluation = dict(result.get("evaluation") or {})
    evaluation |= agreement_of(read_evidence(run.snapshot))
    unchecked = []
    for check in CHECKS[recipe.produces]:
        try:
            evaluation |= check(run, result, referees, reporter)
        except (TouchstoneError, RuntimeError, ValueError, LookupError, OSError) as error:
            logger.warning("a check failed", exc_info=True)
            unchecked.append(f"Not everything could be checked: {error}")
    warnings = [*lineage.get("warnings", ()), *alarms(evaluation)]
    whole = {**result, "evaluation": evaluation, "warnings": warnings}
    if unchecked:
        whole["unchecked"] = unchecked
    write_card(run.directory / OUTPUT, recipe, whole, lineage)
    return whole
