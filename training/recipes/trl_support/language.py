"""Supervised training of a policy on answers, each row weighted, and what it did to held-out ones."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.metrics import mean
from training.recipes.trl_support.fitting import Prepared
from training.recipes.trl_support.weighted import metrics_of, weighted_trainer
from training.sampling.local.loading import load_policy
from training.sampling.local.scoring import Conversation, token_log_probabilities

Row = Mapping[str, Any]
Stop = Callable[[], bool]


def language_trainer(prepared: Prepared) -> Any:
    """TRL's SFTTrainer on the rows' completions, weighted by row; with all weights 1 the stock one.

    A prompt of several turns is context only: the loss is on the last answer's tokens. Rows that
    have `input_ids` and `labels` are taken as they are.
    """
    from trl import SFTConfig, SFTTrainer
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    return weighted_trainer(
        prepared,
        SFTTrainer,
        DataCollatorForLanguageModeling,
        row_losses,
        arguments=SFTConfig(**prepared.arguments, completion_only_loss=True),
        task="CAUSAL_LM",
    )


def row_losses(trainer: Any, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
    """Each row's share in the mean negative log-likelihood over all answer tokens of the step.

    As in TRL the mean is over tokens and over all micro batches of a step, so that a row counts by
    its length: sum_t -log p(y_t) times rows / tokens, which the adapter's mean over rows undoes.
    """
    fields = {key: inputs[key] for key in ("input_ids", "attention_mask", "labels")}
    outputs = model(**fields, use_cache=False, fused_lm_head=True)
    sums = -outputs.log_probs.sum(dim=1)
    tokens = outputs.label_mask.sum().clamp(min=1)
    _note(trainer, inputs, outputs, tokens)
    items = trainer.items_in_batch
    return sums * (len(sums) / (tokens if items is None else items)), outputs


def evaluate_likelihood(
    model: Any, tokenizer: Any, base_model: str, rows: Sequence[Row], should_stop: Stop
) -> dict[str, Any]:
    """Log-probability of a token of the held-out answers, in nats, and its change against the base.

    The mean over answers of each answer's mean over its tokens, the end token included; intervals
    are clustered by prompt.
    """
    if not rows:
        return {"answers": 0}
    conversations: list[Conversation] = [(row["prompt"], row["completion"]) for row in rows]
    after = token_means(model, tokenizer, conversations, should_stop)
    base = load_policy(base_model, str(model.device))[0]
    before = token_means(base, tokenizer, conversations, should_stop)
    keys = [json.dumps(row["prompt"], sort_keys=True) for row in rows]
    change = [a - b for a, b in zip(after, before, strict=True)]
    found = {
        "token_logp": mean(after, keys),
        "reference_token_logp": mean(before, keys),
        "token_logp_change": mean(change, keys),
    }
    return {"answers": len(rows), **{k: v.as_json() for k, v in found.items() if v is not None}}


def token_means(
    model: Any, tokenizer: Any, conversations: Sequence[Conversation], should_stop: Stop
) -> list[float]:
    """The mean log-probability of a token of each completion given its prompt, in nats."""
    model.eval()
    found = token_log_probabilities(model, tokenizer, conversations, should_stop=should_stop)
    return [math.fsum(tokens) / max(1, len(tokens)) for tokens in found]


def _note(trainer: Any, inputs: dict[str, Any], outputs: Any, tokens: Any) -> None:
    """What TRL logs of a step."""
    metrics = metrics_of(trainer, inputs)
    for name, value in (("entropy", outputs.entropy), ("mean_token_accuracy", outputs.is_top1)):
        total = trainer.accelerator.gather_for_metrics(value.detach().sum()).sum()
        count = trainer.accelerator.gather_for_metrics(tokens).sum()
        metrics[name].append((total / count).item())
