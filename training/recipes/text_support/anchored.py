"""The trainer of scoped rules: DPO where the rule applies, the old answers imitated where it does not."""

from __future__ import annotations

from typing import Any

from training.recipes.trl_support import Prepared, completion_logps, metrics_of, weighted_trainer


def anchored_trainer(prepared: Prepared) -> Any:
    """TRL's DPOTrainer on rows with an `anchor`: 0 for a pair, else the weight of imitating `chosen`."""
    from trl import DPOConfig, DPOTrainer
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    return weighted_trainer(
        prepared,
        DPOTrainer,
        DataCollatorForPreference,
        row_losses,
        arguments=DPOConfig(**prepared.arguments, beta=prepared.config.beta),
        task="CAUSAL_LM",
        columns={"anchor": "float32"},
        max_length=prepared.arguments["max_length"],
    )


def row_losses(trainer: Any, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
    """DPO of a pair; of an anchor its weight times the mean -log p of the old answer's tokens.

    C3PO: Stephan et al. 2024 (arXiv:2402.10893, sec. 4.2). The batch is [chosen; rejected].
    """
    import torch

    from training.objectives import dpo_sigmoid

    anchor = inputs.pop("anchor")
    logps, outputs = completion_logps(model, inputs)
    chosen, rejected = logps.chunk(2)
    reference = trainer.compute_ref_log_probs(trainer.ref_model or trainer.model, inputs)
    pairs = dpo_sigmoid(chosen, rejected, *reference, beta=trainer.beta)
    lengths = inputs["completion_mask"][:, 1:].sum(dim=1).chunk(2)[0].clamp(min=1)
    likelihood = -chosen / lengths
    _note(
        trainer, inputs, anchor, likelihood.detach(), (logps - torch.cat(list(reference))).detach()
    )
    return torch.where(anchor > 0, anchor * likelihood, pairs), outputs


def _note(trainer: Any, inputs: dict[str, Any], anchor: Any, likelihood: Any, gains: Any) -> None:
    metrics = metrics_of(trainer, inputs)
    chosen, rejected = gains.chunk(2)
    pairs = anchor == 0
    if pairs.any():
        margins = trainer.beta * (chosen - rejected)[pairs]
        metrics["rewards/margins"].append(margins.mean().item())
        metrics["rewards/accuracies"].append((margins > 0).float().mean().item())
    if (~pairs).any():
        metrics["anchor_loss"].append(likelihood[~pairs].mean().item())
