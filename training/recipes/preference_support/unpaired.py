"""The losses on single answers that are wanted or not, as the KTO trainer uses them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from training.recipes.trl_support import completion_logps, metrics_of

REFERENCE = ("ref_logps", "ref_KL_logps")


def unpaired_losses(loss: str) -> Callable[[Any, Any, dict[str, Any]], tuple[Any, Any]]:
    """That loss of each row, for `weighted_trainer`, and what TRL logs of it."""
    from_rewards = LOSSES[loss]

    def losses(trainer: Any, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
        known = [inputs.pop(name) for name in REFERENCE if name in inputs]
        logps, outputs = completion_logps(model, inputs)
        reference, kl = _references(trainer, model, inputs, known)
        rewards = trainer.beta * (logps - reference)
        desirable = inputs["label"].bool()
        _note(trainer, inputs, rewards.detach(), logps.detach(), kl)
        found = from_rewards(trainer, rewards, desirable, trainer.beta * kl)
        weight = desirable * trainer.desirable_weight + ~desirable * trainer.undesirable_weight
        return weight * found, outputs

    return losses


def new_shift() -> Any:
    """BCO's state: sum and number of the rewards of unwanted answers, then of wanted ones."""
    import torch

    return torch.zeros(2, 2, dtype=torch.float64)


def kept_shift(trainer: Any) -> dict[str, Any]:
    """What a checkpoint of BCO must hold."""
    return {"shift": trainer.shift}


def _kto(trainer: Any, rewards: Any, desirable: Any, kl: Any) -> Any:
    from training.objectives import kto

    return kto(rewards, rewards.new_zeros(()), desirable, kl, beta=1.0)


def _apo_zero(trainer: Any, rewards: Any, desirable: Any, kl: Any) -> Any:
    from training.objectives import apo_zero_unpaired

    return apo_zero_unpaired(rewards, desirable)


def _bco(trainer: Any, rewards: Any, desirable: Any, kl: Any) -> Any:
    """The shift is the mean of the two signs' running means over all training so far, this batch included."""
    from training.objectives import bco

    if trainer.model.training:
        for sign in (0, 1):
            mine = rewards.detach()[desirable == bool(sign)].double().cpu()
            trainer.shift[sign] += mine.new_tensor([mine.sum(), len(mine)])
    sums, numbers = trainer.shift.unbind(1)
    shift = (sums / numbers.clamp_min(1)).mean().item()
    return bco(rewards, desirable, shift)


LOSSES: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "kto": _kto,
    "apo_zero_unpaired": _apo_zero,
    "bco": _bco,
}


def _references(trainer: Any, model: Any, inputs: dict[str, Any], known: list[Any]) -> Any:
    """The reference's log-probabilities [rows], and the KL estimate of the batch, at least 0."""
    import torch

    reference, ref_mismatched = _known_or_computed(trainer, inputs, known)
    if not trainer.calculate_KL:
        return reference, torch.zeros((), device=reference.device)
    mismatched = trainer._compute_kl_logps(model, inputs)
    kl = (mismatched - ref_mismatched).mean().detach()
    return reference, trainer.accelerator.gather_for_metrics(kl).mean().clamp(min=0)


def _known_or_computed(trainer: Any, inputs: dict[str, Any], known: list[Any]) -> Any:
    if known:
        return (*known, None)[:2]
    return trainer.compute_ref_log_probs(trainer.ref_model or trainer.model, inputs)


def _note(trainer: Any, inputs: dict[str, Any], rewards: Any, logps: Any, kl: Any) -> None:
    metrics = metrics_of(trainer, inputs)
    if trainer.calculate_KL:
        metrics["kl"].append(kl.item())
    desirable = inputs["label"].bool()
    means = {}
    for side, mask in (("chosen", desirable), ("rejected", ~desirable)):
        if mask.any():
            means[side] = rewards[mask].mean().item()
            metrics[f"rewards/{side}"].append(means[side])
            metrics[f"logps/{side}"].append(logps[mask].mean().item())
    if len(means) == 2:
        metrics["rewards/margins"].append(means["chosen"] - means["rejected"])
