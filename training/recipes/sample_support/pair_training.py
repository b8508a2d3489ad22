"""Training on pairs of a policy's own samples: losses by name, against a reference that stays the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.progress import Reporter
from training.recipes.trl_support import (
    Prepared,
    completion_logps,
    metrics_of,
    weighted_trainer,
)
from training.sampling.local.loading import load_policy
from training.sampling.local.scoring import log_probabilities

# Torch types of the columns that the losses read besides the texts.
COLUMNS = {
    "ref_chosen_logps": "float32",
    "ref_rejected_logps": "float32",
    "chosen_chance": "float32",
    "rejected_chance": "float32",
    "explored": "float32",
}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PairLoss:
    """A loss with its numbers. `explore` is XPO's alpha; `loss` is `sppo` or one of
    `objectives.LOSSES`.
    """

    loss: str
    beta: float
    explore: float = 0.0


def pair_row(
    messages: Sequence[Mapping[str, str]],
    chosen: str,
    rejected: str,
    *,
    chances: tuple[float, float] = (1.0, 0.0),
    explored: float = 0.0,
) -> Row:
    """A row for `pair_trainer`. `chances`: how likely each side beats a sample of the policy;
    `explored`: 1 where the chosen side is the reference's sample, -1 where the rejected one is.
    """
    return {
        "prompt": list(messages),
        "chosen": [{"role": "assistant", "content": chosen}],
        "rejected": [{"role": "assistant", "content": rejected}],
        "chosen_chance": chances[0],
        "rejected_chance": chances[1],
        "explored": explored,
        "weight": 1.0,
    }


def pair_trainer(prepared: Prepared, reference: str, loss: PairLoss, reporter: Reporter) -> Any:
    """TRL's DPOTrainer from `prepared`'s policy, held near the policy in `reference`.

    The reference's log-probabilities are computed once, as columns: it is not the policy that
    training begins with, which is what TRL would take.
    """
    from trl import DPOConfig, DPOTrainer
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    return weighted_trainer(
        prepared,
        DPOTrainer,
        DataCollatorForPreference,
        row_losses(loss),
        arguments=DPOConfig(**prepared.arguments, beta=loss.beta, precompute_ref_log_probs=True),
        task="CAUSAL_LM",
        columns=COLUMNS,
        reference=_columns(prepared, reference, reporter),
        max_length=prepared.arguments["max_length"],
    )


def row_losses(loss: PairLoss) -> Callable[[Any, Any, dict[str, Any]], tuple[Any, Any]]:
    """The loss of each pair; the batch is [chosen; rejected]."""

    def losses(trainer: Any, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
        from training.objectives import LOSSES, DirectBatch, DirectSettings, xpo_bonus

        labels = {name: inputs.pop(name) for name in COLUMNS}
        summed, outputs = completion_logps(model, inputs)
        chosen, rejected = summed.chunk(2)
        lengths = inputs["completion_mask"][:, 1:].sum(1).chunk(2)
        batch = DirectBatch(
            chosen=chosen,
            rejected=rejected,
            ref_chosen=labels["ref_chosen_logps"],
            ref_rejected=labels["ref_rejected_logps"],
            chosen_length=lengths[0],
            rejected_length=lengths[1],
        )
        _note(trainer, inputs, batch)
        if loss.loss == "sppo":
            total = _sppo(batch, labels, loss.beta)
        else:
            total = LOSSES[loss.loss](batch, DirectSettings(beta=loss.beta))
        if loss.explore:
            total = total + xpo_bonus(_explored(batch, labels["explored"]), loss.explore)
        return total, outputs

    return losses


def _sppo(batch: Any, labels: Mapping[str, Any], beta: float) -> Any:
    """The mean of both sides' squares; eta = 1 / beta (Wu et al. 2024, arXiv:2405.00675)."""
    from training.objectives import sppo_soft

    chosen = sppo_soft(batch.chosen_ratio, labels["chosen_chance"], 1 / beta)
    rejected = sppo_soft(batch.rejected_ratio, labels["rejected_chance"], 1 / beta)
    return (chosen + rejected) / 2


def _explored(batch: Any, side: Any) -> Any:
    """Log-probabilities of the reference's samples; 0 where a pair has none."""
    return (side > 0) * batch.chosen + (side < 0) * batch.rejected


def _columns(prepared: Prepared, reference: str, reporter: Reporter) -> Callable[[Any, Any], Any]:
    def add(trainer: Any, dataset: Any) -> Any:
        model, tokenizer, _ = load_policy(reference)
        for side in ("chosen", "rejected"):
            logps = log_probabilities(
                model,
                tokenizer,
                [(row["prompt"], row[side]) for row in prepared.train],
                should_stop=reporter.should_stop,
            )
            dataset = dataset.add_column(f"ref_{side}_logps", logps)
        return dataset

    return add


def _note(trainer: Any, inputs: dict[str, Any], batch: Any) -> None:
    chosen, rejected = (
        trainer.beta * ratio.detach() for ratio in (batch.chosen_ratio, batch.rejected_ratio)
    )
    metrics = metrics_of(trainer, inputs)
    for name, value in (
        ("rewards/chosen", chosen),
        ("rewards/rejected", rejected),
        ("rewards/accuracies", (chosen > rejected).float()),
        ("rewards/margins", chosen - rejected),
        ("logps/chosen", batch.chosen.detach()),
        ("logps/rejected", batch.rejected.detach()),
    ):
        metrics[name].append(trainer.accelerator.gather_for_metrics(value).mean().item())
