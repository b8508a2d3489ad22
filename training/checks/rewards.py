"""A reward model against others of its project, and what choosing by it would reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

from training.checks.sampling import held_out, settings_of, worth_sampling
from training.metrics import best_of_curve, reward_agreement
from training.progress import OUTPUT, Reporter
from training.recipes.base import Run
from training.recipes.sample_support.held_out import FOLDER
from training.recipes.sample_support.samples import local, sampled
from training.recipes.trl_support import held_out_pairs
from training.recipes.trl_support.figures import prompt_keys
from training.sampling.local.loading import is_reward_model
from training.sampling.local.reward_models import RewardModel, load_reward_model
from training.snapshots import read_evidence

MOST_PAIRS = 500
SAMPLES = 8

Row = Mapping[str, Any]
Referee = Mapping[str, str]


def check_agreement(
    run: Run, result: Mapping[str, Any], referees: Sequence[Referee], reporter: Reporter
) -> dict[str, Any]:
    """`agrees_with`: by name how often another reward model orders held-out pairs alike, with the
    rank correlation of the differences.
    """
    rows = held_out_pairs(read_evidence(run.snapshot)) if referees else []
    pairs = [row for row in rows if not row["tie"]][:MOST_PAIRS]
    if not pairs:
        return {}
    keys, deltas = prompt_keys(pairs), _deltas(_trained(run), pairs, reporter)
    found = {}
    for referee in referees:
        theirs = _deltas(load_reward_model(referee["path"]), pairs, reporter)
        share, rank = reward_agreement(deltas, theirs, keys)
        if share is not None:
            found[referee["name"]] = {**share.as_json(), "rank_correlation": rank}
    return {"agrees_with": found}


def check_best_of(
    run: Run, result: Mapping[str, Any], referees: Sequence[Referee], reporter: Reporter
) -> dict[str, Any]:
    """`best_of`: rewards of the best of n of the base policy's samples by this model, and what the
    first referee says of them, both in standard deviations.

    Nothing where the base is no policy, where the model cannot read new texts, or where sampling would
    take too long.
    """
    model = _trained(run)
    reads = model.card.body != "encoder" and model.card.embedder != "stored"
    if not reads or is_reward_model(Path(run.base_model)) or not worth_sampling(result):
        return {}
    config = settings_of(run, SAMPLES)
    prompts = held_out(run, config)
    path, params = run.directory / FOLDER / "base.jsonl", config.sampling(config.seed)
    message = "Sampling the base for the best of n"
    answers = sampled(path, local(run.base_model), prompts, params, reporter, message)
    proxy = _scores(model, prompts, answers, reporter)
    gold = None
    if referees:
        gold = _scores(load_reward_model(referees[0]["path"]), prompts, answers, reporter)
    return {"best_of": [point.as_json() for point in best_of_curve(proxy, gold)]}


def _trained(run: Run) -> RewardModel:
    return load_reward_model(str(run.directory / OUTPUT))


def _deltas(model: RewardModel, pairs: Sequence[Row], reporter: Reporter) -> list[float]:
    chosen, rejected = (
        model.rewards(
            [(row["prompt"], row[side]) for row in pairs], should_stop=reporter.should_stop
        )
        for side in ("chosen", "rejected")
    )
    return [c - r for c, r in zip(chosen, rejected, strict=True)]


def _scores(
    model: RewardModel, prompts: Sequence[Row], answers: Mapping[str, Any], reporter: Reporter
) -> list[list[float]]:
    """Rewards by prompt, less their mean and over their standard deviation."""
    conversations = [
        (prompt["messages"], [{"role": "assistant", "content": sample.text}])
        for prompt in prompts
        for sample in answers[prompt["id"]]
    ]
    rewards = model.rewards(conversations, should_stop=reporter.should_stop)
    if not rewards:
        return []
    centre, spread = fmean(rewards), pstdev(rewards) or 1.0
    numbers = iter((reward - centre) / spread for reward in rewards)
    return [[next(numbers) for _ in answers[prompt["id"]]] for prompt in prompts]
