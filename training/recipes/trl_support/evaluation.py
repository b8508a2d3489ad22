"""What training did to evidence held out from it: accuracies and changes, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.metrics import mean, ranking_accuracy, separation
from training.recipes.trl_support.figures import (
    accuracy_by,
    annotator_keys,
    as_json,
    calibration,
    length,
    prompt_keys,
)
from training.sampling.local.loading import load_policy
from training.sampling.local.reward_models import RewardModel
from training.sampling.local.scoring import Conversation, log_probabilities

Row = Mapping[str, Any]
Stop = Callable[[], bool]


def evaluate_reward_model(
    model: RewardModel, pairs: Sequence[Row], should_stop: Stop
) -> dict[str, Any]:
    """`accuracy`: how often the chosen completion has the higher reward; `margin`: the mean
    difference. Also accuracies by group, calibration and length bias: see `figures`.

    Pairs marked as `tie` count for `tie_log_loss` alone.
    """
    decided = [row for row in pairs if not row.get("tie")]
    ties = [row for row in pairs if row.get("tie")]
    if not decided:
        return {"pairs": 0}
    chosen, rejected = (
        model.rewards(_side(decided, side), should_stop=should_stop)
        for side in ("chosen", "rejected")
    )
    first, second = (
        model.rewards(_side(ties, side), should_stop=should_stop) if ties else []
        for side in ("chosen", "rejected")
    )
    keys, people = prompt_keys(decided), annotator_keys(decided)
    deltas = _differences(chosen, rejected)
    return {
        "pairs": len(decided),
        "accuracy": as_json(ranking_accuracy(chosen, rejected, keys, people)),
        "margin": as_json(mean(deltas, keys, people)),
        **calibration(deltas, decided, _differences(first, second), ties),
        **length(deltas, decided),
        **accuracy_by(deltas, decided),
    }


def evaluate_policy(
    model: Any, tokenizer: Any, base_model: str, pairs: Sequence[Row], should_stop: Stop
) -> dict[str, Any]:
    """The policy against its reference on held-out pairs, by log-probabilities of whole
    completions.

    `implicit_reward_accuracy`: how often the chosen completion gained more over the reference than
    the rejected one (Rafailov et al. 2023). `ranking_accuracy`: how often it is the likelier one
    outright (Chen et al. 2024, arXiv:2405.19534), with the reference's for comparison. Changes are
    in nats. Groups and length bias are those of the implicit reward: see `figures`.
    """
    if not pairs:
        return {"pairs": 0}
    after = _both(model, tokenizer, pairs, should_stop)
    before = _both(_reference(base_model, model), tokenizer, pairs, should_stop)
    keys, people = prompt_keys(pairs), annotator_keys(pairs)
    gains = {side: _differences(after[side], before[side]) for side in after}
    deltas = _differences(gains["chosen"], gains["rejected"])

    def ranking(numbers: Mapping[str, list[float]]) -> Any:
        return as_json(ranking_accuracy(numbers["chosen"], numbers["rejected"], keys, people))

    return {
        "pairs": len(pairs),
        "implicit_reward_accuracy": ranking(gains),
        "ranking_accuracy": ranking(after),
        "reference_ranking_accuracy": ranking(before),
        "chosen_logp_change": as_json(mean(gains["chosen"], keys, people)),
        "rejected_logp_change": as_json(mean(gains["rejected"], keys, people)),
        **length(deltas, pairs),
        **accuracy_by(deltas, pairs),
    }


def evaluate_verdicts(
    model: Any, tokenizer: Any, base_model: str, rows: Sequence[Row], should_stop: Stop
) -> dict[str, Any]:
    """Without held-out pairs: how far the gains of wanted completions lie above those of unwanted
    ones.
    """
    if not rows:
        return {"verdicts": 0}
    conversations = _side(rows, "completion")
    after = _logps(model, tokenizer, conversations, should_stop)
    before = _logps(_reference(base_model, model), tokenizer, conversations, should_stop)
    gains = _differences(after, before)
    wanted = [g for g, row in zip(gains, rows, strict=True) if row["label"]]
    unwanted = [g for g, row in zip(gains, rows, strict=True) if not row["label"]]
    area, up, down = separation(wanted, unwanted)
    return {
        "verdicts": len(rows),
        "separation": area,
        "desirable_logp_change": as_json(up),
        "undesirable_logp_change": as_json(down),
    }


def _both(model: Any, tokenizer: Any, pairs: Sequence[Row], stop: Stop) -> dict[str, list[float]]:
    return {
        side: _logps(model, tokenizer, _side(pairs, side), stop) for side in ("chosen", "rejected")
    }


def _logps(
    model: Any, tokenizer: Any, conversations: Sequence[Conversation], should_stop: Stop
) -> list[float]:
    model.eval()
    return log_probabilities(model, tokenizer, conversations, should_stop=should_stop)


def _reference(base_model: str, model: Any) -> Any:
    return load_policy(base_model, str(model.device))[0]


def _side(rows: Sequence[Row], side: str) -> list[Conversation]:
    return [(row["prompt"], row[side]) for row in rows]


def _differences(a: Sequence[float], b: Sequence[float]) -> list[float]:
    return [x - y for x, y in zip(a, b, strict=True)]
