"""The trainer of CUT: each criticised answer once as it is and once after its critique, in one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from training.recipes.trl_support import Prepared, metrics_of, weighted_trainer
from training.recipes.trl_support.rows import Row
from training.sampling.local.scoring import conversation_ids

IGNORED = -100  # the label of a token without loss
JUDGED = ("judged_ids", "judged_labels")


def encode(row: Mapping[str, Any], tokenizer: Any) -> Row:
    """The row's tokens: `input_ids` and `labels`, and `judged_ids` and `judged_labels`, which hold
    the same answer's tokens after the critique; empty where there is none.
    """
    whole, start = conversation_ids(tokenizer, row["prompt"], row["completion"])
    answer = whole[start:]
    encoded: Row = {
        "input_ids": whole,
        "labels": [IGNORED] * start + answer,
        "judged_ids": [],
        "judged_labels": [],
        "weight": row["weight"],
    }
    if row["critique"]:
        after, begin = conversation_ids(tokenizer, row["judged"], row["completion"])
        encoded["judged_ids"] = after[:begin] + answer
        encoded["judged_labels"] = [IGNORED] * begin + answer
    return encoded


def cut_trainer(prepared: Prepared, *, threshold: float, alpha: float) -> Any:
    """TRL's SFTTrainer on encoded rows whose loss is CUT's, averaged over rows and weighted."""
    import torch
    from trl import SFTConfig, SFTTrainer
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    class Collator(DataCollatorForLanguageModeling):  # type: ignore[misc,unused-ignore]
        """The rows as they are, below them the criticised ones after their critiques.

        `pair` [criticised] says which row each of the latter belongs to.
        """

        def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
            pair = [place for place, row in enumerate(examples) if row["judged_ids"]]
            rows: list[Row] = [
                *({"input_ids": row["input_ids"], "labels": row["labels"]} for row in examples),
                *(
                    dict(zip(("input_ids", "labels"), _judged(examples[i]), strict=True))
                    for i in pair
                ),
            ]
            return {**super().torch_call(rows), "pair": torch.tensor(pair, dtype=torch.int64)}

    class Trainer(SFTTrainer):  # type: ignore[misc,unused-ignore]
        """Keeps the tokens after the critique; averages rows over micro batches, not tokens."""

        loss_is_scaled_for_ga = False

        def _set_signature_columns_if_needed(self) -> None:
            super()._set_signature_columns_if_needed()
            self._signature_columns += [c for c in JUDGED if c not in self._signature_columns]

    def row_losses(trainer: Any, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
        return _losses(trainer, model, inputs, threshold=threshold, alpha=alpha)

    return weighted_trainer(
        prepared,
        Trainer,
        Collator,
        row_losses,
        arguments=SFTConfig(**prepared.arguments),
        task="CAUSAL_LM",
    )


def _losses(
    trainer: Any, model: Any, inputs: dict[str, Any], *, threshold: float, alpha: float
) -> tuple[Any, Any]:
    """-log p where nothing was criticised; elsewhere the mean of CUT and of imitating the answer
    after its critique, which teaches the model what the critique points at.
    """
    from training.objectives import cut, flagged_tokens, token_nll

    pair = inputs["pair"]
    fields = {key: inputs[key] for key in ("input_ids", "attention_mask", "labels")}
    outputs = model(**fields, use_cache=False, fused_lm_head=True)
    logps, mask = _packed(outputs.log_probs, outputs.label_mask)
    rows = len(logps) - len(pair)
    losses = token_nll(logps[:rows], mask[:rows])
    metrics = metrics_of(trainer, inputs)
    if len(pair):
        plain, judged, where = logps[pair], logps[rows:], mask[rows:]
        contrast = cut(plain, judged, where, threshold=threshold, alpha=alpha)
        both = (contrast + token_nll(judged, where)) / 2
        losses = losses.index_copy(0, pair, both)
        flagged = flagged_tokens(plain, judged, where, threshold)
        metrics["flagged"].append((flagged.sum() / where.sum()).item())
    return losses, outputs


def _packed(logps: Any, mask: Any) -> tuple[Any, Any]:
    """The answers' tokens moved to the left: both [rows, longest answer], in order."""
    order = mask.logical_not().to(int).argsort(dim=1, stable=True)
    longest = int(mask.sum(dim=1).max())
    return logps.gather(1, order)[:, :longest], mask.gather(1, order)[:, :longest]


def _judged(row: Mapping[str, Any]) -> Sequence[Any]:
    return [row[column] for column in JUDGED]
