"""What a trained policy writes, against the policy that it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean, pstdev
from typing import Any

from training.checks.sampling import held_out, settings_of, worth_sampling
from training.metrics import mean, win_rate
from training.progress import OUTPUT, Reporter
from training.recipes.base import Run
from training.recipes.sample_support.held_out import FOLDER, evaluate_samples
from training.recipes.sample_support.samples import read_lines
from training.recipes.trl_support.figures import as_json
from training.sampling.local.reward_models import RewardModel, load_reward_model

SAMPLES = 2
SAMPLED = {"length_before", "length_after"}  # what a recipe that sampled has told already


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


def check_referee(
    run: Run, result: Mapping[str, Any], referees: Sequence[Mapping[str, str]], reporter: Reporter
) -> dict[str, Any]:
    """What a reward model that had no part in a training by a grader says of the same samples:
    `referee_win_rate`, `referee_change` in standard deviations of its rewards, and `refereed_by`.

    Where the grader's reward rises and the referee's falls, the grader is over-optimised (Gao,
    Schulman & Hilton 2022, arXiv:2210.10760). Nothing without a grader or another reward model.
    """
    grader = run.models.get("grader")
    others = [one for one in referees if grader and one["path"] != grader.get("path")]
    files = [run.directory / FOLDER / f"{side}.jsonl" for side in ("before", "after")]
    if not others or not all(file.exists() for file in files):
        return {}
    model = load_reward_model(others[0]["path"])
    messages = {p["id"]: p["messages"] for p in held_out(run, settings_of(run, SAMPLES))}
    sides = [_rewards(model, messages, read_lines(file), reporter) for file in files]
    shared = sorted(set(sides[0]) & set(sides[1]))
    if not shared:
        return {}
    before, after = ([fmean(side[key]) for key in shared] for side in sides)
    spread = pstdev([r for key in shared for r in (*sides[0][key], *sides[1][key])]) or 1.0
    change = mean([(a - b) / spread for a, b in zip(after, before, strict=True)], shared)
    return {
        "referee_win_rate": as_json(win_rate(after, before, shared)),
        "referee_change": as_json(change),
        "refereed_by": others[0]["name"],
    }


def _rewards(
    model: RewardModel,
    messages: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    reporter: Reporter,
) -> dict[str, list[float]]:
    """The rewards of each prompt's samples."""
    rows = [line for line in lines if line["id"] in messages]
    conversations = [
        (messages[row["id"]], [{"role": "assistant", "content": sample["text"]}])
        for row in rows
        for sample in row["samples"]
    ]
    numbers = iter(model.rewards(conversations, should_stop=reporter.should_stop))
    return {row["id"]: [next(numbers) for _ in row["samples"]] for row in rows}
