"""What training did to evidence held out from it: accuracies and changes, with intervals."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.metrics import Estimate, mean, ranking_accuracy, separation
from training.sampling.local.loading import load_policy
from training.sampling.local.reward_models import RewardModel
from training.sampling.local.scoring import Conversation, log_probabilities

Row = Mapping[str, Any]
Stop = Callable[[], bool]


def evaluate_reward_model(
    model: RewardModel, pairs: Sequence[Row], should_stop: Stop
) -> dict[str, Any]:
    """`accuracy`: how often the chosen completion has the higher reward; `margin`: the mean
    difference.
    """
    if not pairs:
        return {"pairs": 0}
    chosen = model.rewards(_side(pairs, "chosen"), should_stop=should_stop)
    rejected = model.rewards(_side(pairs, "rejected"), should_stop=should_stop)
    keys = _prompts(pairs)
    margins = [c - r for c, r in zip(chosen, rejected, strict=True)]
    return {
        "pairs": len(pairs),
        "accuracy": _json(ranking_accuracy(chosen, rejected, keys)),
        "margin": _json(mean(margins, keys)),
    }


def evaluate_policy(
    model: Any, tokenizer: Any, base_model: str, pairs: Sequence[Row], should_stop: Stop
) -> dict[str, Any]:
    """The policy against its reference on held-out pairs, by log-probabilities of whole
    completions.

    `implicit_reward_accuracy`: how often the chosen completion gained more over the reference than
    the rejected one (Rafailov et al. 2023). `ranking_accuracy`: how often it is the likelier one
    outright (Chen et al. 2024, arXiv:2405.19534), with the reference's for comparison. Changes are
    in nats.
    """
    if not pairs:
        return {"pairs": 0}
    after = _both(model, tokenizer, pairs, should_stop)
    before = _both(_reference(base_model, model), tokenizer, pairs, should_stop)
    keys = _prompts(pairs)
    gains = {
        side: [a - b for a, b in zip(after[side], before[side], strict=True)] for side in after
    }
    return {
        "pairs": len(pairs),
        "implicit_reward_accuracy": _ranking(gains, keys),
        "ranking_accuracy": _ranking(after, keys),
        "reference_ranking_accuracy": _ranking(before, keys),
        "chosen_logp_change": _json(mean(gains["chosen"], keys)),
        "rejected_logp_change": _json(mean(gains["rejected"], keys)),
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
    gains = [a - b for a, b in zip(after, before, strict=True)]
    wanted = [g for g, row in zip(gains, rows, strict=True) if row["label"]]
    unwanted = [g for g, row in zip(gains, rows, strict=True) if not row["label"]]
    area, up, down = separation(wanted, unwanted)
    return {
        "verdicts": len(rows),
        "separation": area,
        "desirable_logp_change": _json(up),
        "undesirable_logp_change": _json(down),
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


def _ranking(numbers: Mapping[str, list[float]], prompts: Sequence[str]) -> Any:
    return _json(ranking_accuracy(numbers["chosen"], numbers["rejected"], prompts))


def _side(rows: Sequence[Row], side: str) -> list[Conversation]:
    return [(row["prompt"], row[side]) for row in rows]


def _prompts(rows: Sequence[Row]) -> list[str]:
    return [json.dumps(row["prompt"], sort_keys=True) for row in rows]


def _json(estimate: Estimate | None) -> dict[str, Any] | None:
    return estimate.as_json() if estimate else None
