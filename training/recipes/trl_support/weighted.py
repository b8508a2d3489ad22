"""The one adapter on TRL's trainers: a loss for each row, weighted. Where TRL moves, only this may break."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from training.recipes.trl_support.arguments import lora_config
from training.recipes.trl_support.fitting import Prepared

# (trainer, model, inputs) -> (losses [rows], the model's outputs)
RowLosses = Callable[[Any, Any, dict[str, Any]], tuple[Any, Any]]


def weighted_trainer(
    prepared: Prepared,
    trainer_class: Any,
    collator_class: Any,
    row_losses: RowLosses,
    *,
    arguments: Any,
    task: str,
    **collating: Any,
) -> Any:
    """TRL's trainer whose loss is `row_losses`, each row times its `weight`.

    With all weights 1 it is the stock trainer. `task` is PEFT's task type; `collating` goes to the collator.
    """
    trainer, collator = _weighted_classes(trainer_class, collator_class, row_losses)
    return trainer(
        model=prepared.base_model,
        args=arguments,
        train_dataset=prepared.dataset(),
        processing_class=prepared.tokenizer,
        peft_config=lora_config(prepared.config, task),
        data_collator=collator(pad_token_id=prepared.tokenizer.pad_token_id, **collating),
    )


def completion_logps(model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
    """(summed log-probabilities of the completions [rows], the model's outputs)."""
    labels = inputs["input_ids"].masked_fill(inputs["completion_mask"] == 0, -100)
    fields = {key: inputs[key] for key in ("input_ids", "attention_mask")}
    outputs = model(**fields, use_cache=False, labels=labels, fused_lm_head=True)
    return outputs.log_probs.sum(dim=1), outputs


def metrics_of(trainer: Any, inputs: dict[str, Any]) -> Any:
    """Where the trainer averages what it logs, with the tokens counted as TRL counts them."""
    metrics = trainer._metrics["train" if trainer.model.training else "eval"]
    trainer._total_train_tokens += inputs["attention_mask"].sum().item()
    metrics["num_tokens"] = [trainer._total_train_tokens]
    return metrics


def _weighted_classes(
    trainer_class: Any, collator_class: Any, row_losses: RowLosses
) -> tuple[Any, Any]:
    """(trainer, collator): TRL's, with a `weight` column carried into the loss."""
    import torch

    from training.objectives import weighted_mean

    class Collator(collator_class):  # type: ignore[misc,unused-ignore]
        """Adds the rows' weights."""

        def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
            weight = torch.tensor([float(e["weight"]) for e in examples])
            return {**super().torch_call(examples), "weight": weight}

    class Trainer(trainer_class):  # type: ignore[misc,unused-ignore]
        """Weights each row's loss."""

        def _set_signature_columns_if_needed(self) -> None:
            super()._set_signature_columns_if_needed()
            if "weight" not in self._signature_columns:
                self._signature_columns.append("weight")

        def compute_loss(
            self,
            model: Any,
            inputs: dict[str, Any],
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            weight = inputs.pop("weight")
            losses, outputs = row_losses(self, model, inputs)
            loss = weighted_mean(losses, weight)
            return (loss, outputs) if return_outputs else loss

    return Trainer, Collator
