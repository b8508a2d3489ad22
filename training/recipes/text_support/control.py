"""What a conditioned policy does to held-out answers: whether it heeds the feedback it is given."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.metrics import Estimate, mean, proportion, ranking_accuracy
from training.recipes.text_support.conditions import BAD, GOOD, with_feedback
from training.recipes.trl_support.language import token_means
from training.sampling.local.loading import load_policy
from training.sampling.local.scoring import Conversation, log_probabilities

Row = Mapping[str, Any]
Stop = Callable[[], bool]


def evaluate_control(
    model: Any, tokenizer: Any, rows: Sequence[Row], should_stop: Stop
) -> dict[str, Any]:
    """`feedback_accuracy`: how often a held-out answer is likelier after what was said of it, good or
    bad, than after the contrary; 0.5 when the policy does not heed feedback. `feedback_gap`: the
    mean difference of an answer's mean token log-probability, in nats.
    """
    asked = [row for row in rows if row["feedback"] in (GOOD, BAD)]
    if not asked:
        return {"judged": 0}
    own, other = (
        token_means(model, tokenizer, [_after(row, said(row)) for row in asked], should_stop)
        for said in (_own, _contrary)
    )
    keys = _keys(asked)
    wins = [1.0 if a > b else 0.5 if a == b else 0.0 for a, b in zip(own, other, strict=True)]
    gaps = [a - b for a, b in zip(own, other, strict=True)]
    return {
        "judged": len(asked),
        "feedback_accuracy": _json(proportion(wins, keys)),
        "feedback_gap": _json(mean(gaps, keys)),
    }


def evaluate_asked(
    model: Any,
    tokenizer: Any,
    base_model: str,
    pairs: Sequence[Row],
    best: str,
    should_stop: Stop,
) -> dict[str, Any]:
    """The policy asked for the best feedback against its plain base on held-out pairs, as in DPO.

    `tokenizer` is the base's, without feedback in its template.
    """
    if not pairs:
        return {"pairs": 0}
    base = load_policy(base_model, str(model.device))[0]
    asked = [{**row, "prompt": with_feedback(row["prompt"], best)} for row in pairs]
    gains, after = {}, {}
    for side in ("chosen", "rejected"):
        after[side] = _logps(model, tokenizer, asked, side, should_stop)
        before = _logps(base, tokenizer, pairs, side, should_stop)
        gains[side] = [a - b for a, b in zip(after[side], before, strict=True)]
    keys = _keys(pairs)
    return {
        "pairs": len(pairs),
        "implicit_reward_accuracy": _json(
            ranking_accuracy(gains["chosen"], gains["rejected"], keys)
        ),
        "ranking_accuracy": _json(ranking_accuracy(after["chosen"], after["rejected"], keys)),
        "chosen_logp_change": _json(mean(gains["chosen"], keys)),
        "rejected_logp_change": _json(mean(gains["rejected"], keys)),
    }


def _own(row: Row) -> str:
    return str(row["feedback"])


def _contrary(row: Row) -> str:
    return BAD if row["feedback"] == GOOD else GOOD


def _after(row: Row, feedback: str) -> Conversation:
    return with_feedback(row["prompt"], feedback), row["completion"]


def _logps(
    model: Any, tokenizer: Any, rows: Sequence[Row], side: str, should_stop: Stop
) -> list[float]:
    model.eval()
    conversations: list[Conversation] = [(row["prompt"], row[side]) for row in rows]
    return log_probabilities(model, tokenizer, conversations, should_stop=should_stop)


def _keys(rows: Sequence[Row]) -> list[str]:
    return [json.dumps(row["prompt"], sort_keys=True) for row in rows]


def _json(estimate: Estimate | None) -> dict[str, Any] | None:
    return estimate.as_json() if estimate else None
