"""Self-reward: a policy that was trained on preferences labels its own answers, and learns from them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from training.progress import OUTPUT, Reporter
from training.recipes.base import Config, ModelNeed, Recipe, Rows, Run
from training.recipes.preference_support.cautions import odd_beta
from training.recipes.sample_support.choosing import (
    FEWEST_PAIRS,
    best_and_worst,
    nothing_left,
    pairs_of,
)
from training.recipes.sample_support.config import SampledConfig, few_prompts, missing_prompts
from training.recipes.sample_support.held_out import evaluate_samples
from training.recipes.sample_support.implicit import implicit_rewards, length_fair
from training.recipes.sample_support.pair_training import PairLoss, Row, pair_row, pair_trainer
from training.recipes.sample_support.prompts import Prompts, read_prompts, with_answers
from training.recipes.sample_support.rounds import Round, play_rounds
from training.recipes.sample_support.samples import local, sampled
from training.recipes.sample_support.summary import of_rounds, report_of
from training.recipes.trl_support import (
    Rates,
    evaluate_policy,
    fit,
    missing_pairs,
    pair_rows,
    prepare,
)
from training.sampling.local.loading import load_policy
from training.snapshots import read_evidence

RATES = Rates(small=4e-4, large=5e-6)


class SelfRewardConfig(SampledConfig):
    """Fields of self-reward."""

    samples: int = Field(
        default=8, ge=2, le=64, description="Answers sampled for each prompt, to choose among."
    )
    rounds: int = Field(
        default=2, ge=1, le=10, description="Rounds of labelling; drift grows with each."
    )
    beta: float = Field(
        default=0.1, gt=0, le=10, description="How strongly the policy is held near its reference."
    )
    replay: float = Field(
        default=0.5,
        ge=0,
        lt=1,
        description="Share of people's own pairs among those that a round learns from.",
    )


class SelfReward(Recipe):
    """DICE: the implicit reward of a DPO-trained policy labels its samples, at equal lengths."""

    name = "self_reward"
    label = "Self-reward"
    summary = "Learns people's comparisons, then labels answers of its own by what it learnt."
    produces = "policy"
    group = "samples"
    needs = {
        "before": ModelNeed(
            label="What the base was trained from",
            kinds=("policy",),
            sentence="For a base that DPO made: the local policy that DPO began with. Without one, "
            "a first round of DPO on the snapshot's comparisons makes it.",
            required=False,
            local=True,
        ),
        "grader": ModelNeed(
            label="Grader of the report",
            kinds=("reward_model", "policy", "rule"),
            sentence="Measures rewards on held-out prompts; the training does not see it.",
            required=False,
        ),
    }
    config_model = SelfRewardConfig

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """Eight prompts, and eight decided comparisons."""
        return [*missing_prompts(counts), *missing_pairs(counts)]

    def warnings(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """Also: few prompts, and nothing of people's to hold on to."""
        settings = SelfRewardConfig.model_validate(config.model_dump())
        found = [
            *super().warnings(counts, config),
            *few_prompts(counts),
            *odd_beta(settings.beta),
        ]
        if settings.replay < 0.25:
            found.append("With few of people's own pairs the policy drifts towards its own errors.")
        return found

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Play the rounds, and report accuracies on held-out comparisons and what changed.

        Chen et al. 2024 (DICE, arXiv:2406.09760).
        """
        config = SelfRewardConfig.model_validate(run.config)
        prompts, pairs = read_prompts(run, config), pair_rows(read_evidence(run.snapshot))
        given = "before" in run.models
        people = [_people(row) for row in pairs.train]

        def play(turn: Round) -> Mapping[str, Any]:
            if turn.number == 1 and not given:
                return _learn(turn, config, people, {}, {"pairs": len(people)})
            return _label(turn, config, prompts, people)

        reports = play_rounds(run, reporter, config.rounds + (not given), play)
        trained = run.directory / OUTPUT
        evaluation = _evaluated(run, pairs.test, reporter)
        evaluation |= evaluate_samples(run, config, prompts.test, trained, reporter)
        return of_rounds(reports, prompts, evaluation)


def _label(
    turn: Round, config: SelfRewardConfig, prompts: Prompts, people: Sequence[Row]
) -> Mapping[str, Any]:
    """Sample, label by what the policy gained over the one before it, and learn, people's pairs mixed in."""
    told, folder = turn.reporter, turn.run.directory
    params = config.sampling(config.seed + 1000 * turn.number)
    policy = turn.run.base_model
    samples = sampled(folder / "samples.jsonl", local(policy), prompts.train, params, told)
    texts = {key: [sample.text for sample in own] for key, own in samples.items()}
    items = with_answers(prompts.train, texts)
    earlier = turn.earlier or turn.run.models["before"]["path"]
    rewards = implicit_rewards(items, policy, earlier, config.beta, told.should_stop)
    lengths = [[sample.tokens for sample in samples[item["id"]]] for item in items]
    grades, alpha = length_fair(rewards, lengths)
    by_id = {item["id"]: one for item, one in zip(items, grades, strict=True)}
    rows, lost = pairs_of(items, by_id, best_and_worst)
    over = nothing_left(turn, rows, lost, by_id)
    if over is not None:
        return over
    mixed = [*rows, *_replayed(people, len(rows), config, turn.number)]
    figures = {"pairs": len(rows), "replayed": len(mixed) - len(rows), "length_weight": alpha}
    return _learn(turn, config, mixed, lost, figures)


def _learn(
    turn: Round,
    config: SelfRewardConfig,
    rows: Sequence[Row],
    lost: Mapping[str, int],
    figures: Mapping[str, float],
) -> Mapping[str, Any]:
    """DPO from the round's policy, which is its own reference."""
    prepared = prepare(turn.run, config, Rows(train=list(rows)), RATES, fewest=FEWEST_PAIRS)
    loss = PairLoss("sigmoid", config.beta)
    trainer = pair_trainer(prepared, turn.run.base_model, loss, turn.reporter)
    fit(trainer, turn.run, turn.reporter)
    return report_of(prepared, trainer, lost, figures)


def _replayed(people: Sequence[Row], own: int, config: SelfRewardConfig, number: int) -> list[Row]:
    wanted = min(len(people), round(own * config.replay / (1 - config.replay)))
    return random.Random(config.seed + number).sample(list(people), wanted)  # noqa: S311  (no secret)


def _people(row: Mapping[str, Any]) -> Row:
    chosen, rejected = (row[side][0]["content"] for side in ("chosen", "rejected"))
    return {**pair_row(row["prompt"], chosen, rejected), "weight": row["weight"]}


def _evaluated(run: Run, pairs: Sequence[Mapping[str, Any]], reporter: Reporter) -> dict[str, Any]:
    model, tokenizer, _ = load_policy(str(run.directory / OUTPUT))
    return evaluate_policy(model, tokenizer, run.base_model, pairs, reporter.should_stop)
