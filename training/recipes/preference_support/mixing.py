"""The losses of the DPO family as the trainer uses them: a weighted sum, each on the rows that it can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.recipes.trl_support import completion_logps, metrics_of

# Torch types of the columns that the losses read besides the texts.
COLUMNS = {
    "tie": "bool",
    "margin": "float32",
    "probability": "float32",
    "target": "float32",
    "has_target": "bool",
}
TIE_AWARE = frozenset({"soft", "rao_kupper", "davidson", "squared"})
REFERENCE = ("ref_chosen_logps", "ref_rejected_logps")


@dataclass(frozen=True, slots=True)
class Part:
    """One loss of the sum, by its name in `objectives.LOSSES`, with its numbers."""

    loss: str
    weight: float
    settings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Mix:
    """The sum of losses, and what is done to the log-ratios before it."""

    parts: tuple[Part, ...]
    divergence: str = "reverse_kl"
    divergence_alpha: float = 0.5


def direct_losses(mix: Mix) -> Callable[[Any, Any, dict[str, Any]], tuple[Any, Any]]:
    """The loss of each pair under the mix, for `weighted_trainer`; the batch is [chosen; rejected].

    A loss that knows no ties is 0 on tied rows, and the squared one on rows without an amount.
    """

    def losses(trainer: Any, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
        labels = {name: inputs.pop(name) for name in COLUMNS if name in inputs}
        known = [inputs.pop(name) for name in REFERENCE if name in inputs]
        summed, outputs = completion_logps(model, inputs)
        reference = known or trainer.compute_ref_log_probs(
            trainer.ref_model or trainer.model, inputs
        )
        batch = _batch(trainer, summed, outputs, inputs, reference, labels)
        _note(trainer, inputs, batch)
        total = _sum(mix, batch, labels)
        if trainer.use_weighting:
            total = total * _likelihood(outputs, inputs)
        return total, outputs

    return losses


def _batch(
    trainer: Any,
    summed: Any,
    outputs: Any,
    inputs: dict[str, Any],
    reference: Sequence[Any],
    labels: Mapping[str, Any],
) -> Any:
    """A `DirectBatch` of the pairs; with `ld_alpha` tokens beyond the shorter side count less."""
    import torch

    from training.objectives import DirectBatch, length_desensitised

    mask = inputs["completion_mask"][:, 1:]
    lengths = mask.sum(1)
    chosen_length, rejected_length = lengths.chunk(2)
    nll = -summed.chunk(2)[0] / chosen_length.clamp_min(1)
    logps = summed
    if trainer.ld_alpha is not None:
        shared = torch.minimum(chosen_length, rejected_length).repeat(2)
        logps = length_desensitised(outputs.log_probs, mask, trainer.ld_alpha, shared_length=shared)
    chosen, rejected = logps.chunk(2)
    read = {k: v for k, v in labels.items() if k != "has_target"}
    return DirectBatch(
        chosen=chosen,
        rejected=rejected,
        ref_chosen=reference[0],
        ref_rejected=reference[1],
        chosen_length=chosen_length,
        rejected_length=rejected_length,
        chosen_nll=nll,
        **read,
    )


def _sum(mix: Mix, batch: Any, labels: Mapping[str, Any]) -> Any:
    import torch

    from training.objectives import LOSSES, DirectSettings, with_divergence

    diverged = batch
    if (
        mix.divergence != "reverse_kl"
    ):  # its ratios are the batch's own, of which some losses read the parts
        diverged = with_divergence(batch, mix.divergence, mix.divergence_alpha)
    total = torch.zeros_like(batch.chosen)
    for part in mix.parts:
        losses = LOSSES[part.loss](diverged, DirectSettings(**part.settings))
        unread = _unread(part.loss, labels)
        if unread is not None:
            losses = losses.masked_fill(unread, 0.0)
        total = total + part.weight * losses
    return total


def _unread(loss: str, labels: Mapping[str, Any]) -> Any:
    """The rows that the loss cannot read; None where it reads all."""
    if loss == "squared":
        return ~labels["has_target"]
    return None if loss in TIE_AWARE else labels.get("tie")


def _likelihood(outputs: Any, inputs: dict[str, Any]) -> Any:
    """How likely the policy itself would write the pair. WPO: Zhou et al. 2024 (arXiv:2406.11827, eq. 2)."""
    mask = inputs["completion_mask"][:, 1:]
    aligned = (outputs.log_probs - outputs.log_sum_sq_probs).detach() * mask
    chosen, rejected = (aligned.sum(1) / mask.sum(1).clamp_min(1)).exp().chunk(2)
    return chosen * rejected


def _note(trainer: Any, inputs: dict[str, Any], batch: Any) -> None:
    """What TRL logs of a batch; in accuracies a tie is half right."""
    chosen, rejected = (
        trainer.beta * ratio.detach() for ratio in (batch.chosen_ratio, batch.rejected_ratio)
    )
    right = (chosen > rejected).float()
    values = {
        "rewards/chosen": chosen,
        "rewards/rejected": rejected,
        "rewards/accuracies": right if batch.tie is None else right.masked_fill(batch.tie, 0.5),
        "rewards/margins": chosen - rejected,
        "logps/chosen": batch.chosen.detach(),
        "logps/rejected": batch.rejected.detach(),
    }
    metrics = metrics_of(trainer, inputs)
    for name, value in values.items():
        metrics[name].append(trainer.accelerator.gather_for_metrics(value).mean().item())
