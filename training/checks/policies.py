"""What a trained policy writes, against the policy that it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from training.checks.sampling import held_out, settings_of, worth_sampling
from training.progress import OUTPUT, Reporter
from training.recipes.base import Run
from training.recipes.sample_support.held_out import evaluate_samples

SAMPLES = 2


def check_policy(
    run: Run, result: Mapping[str, Any], referees: Sequence[Mapping[str, str]], reporter: Reporter
) -> dict[str, Any]:
    """Distance, length and variety of its samples on held-out prompts; with a referee wins and rewards.

    Nothing where the recipe sampled already, or where sampling would take too long. See
    `evaluate_samples`.
    """
    if "length_after" in (result.get("evaluation") or {}) or not worth_sampling(result):
        return {}
    config = settings_of(run, SAMPLES)
    prompts = held_out(run, config)
    graders = {"grader": {"kind": "reward_model", **referees[0]}} if referees else {}
    found = evaluate_samples(
        replace(run, models=graders), config, prompts, run.directory / OUTPUT, reporter
    )
    if graders and "win_rate" in found:
        found["graded_by"] = referees[0]["name"]
    return found
